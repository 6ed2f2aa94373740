import { toWire } from '../http/header-edit.ts';
import { compileAddressMatch } from './address-match.ts';
import { flag, number, numbers, object, objects, text, texts, type Body } from '../program/fields.ts';
import {
  cookieOf,
  headerLines,
  percentDecode,
  type ClientRequest,
  type HeaderLines,
  type ServerResponse,
} from '../http/request.ts';
import type { Resolve } from '../program/resolve.ts';
import { compileTextMatch, textCriterion, type TextMatch } from './text-match.ts';

type Test = (request: ClientRequest) => boolean;

/** A compiled MatchTarget (avi-model 2.3): members ANDed, values of a member ORed, absent members match. */
export interface RequestMatch {
  readonly test: Test;
  /** Groups of the path's and of the query's regular expression, for URI tokens. */
  readonly pathCaptures: (request: ClientRequest) => readonly string[];
  readonly queryCaptures: (request: ClientRequest) => readonly string[];
  /** Why the rule can never match: values that cannot be evaluated. */
  readonly problems: readonly string[];
}

/** A compiled ResponseMatchTarget. The request members look at the client's request, before any rewrite. */
export interface ResponseMatch {
  readonly test: (request: ClientRequest, response: ServerResponse) => boolean;
  readonly problems: readonly string[];
}

interface Part {
  readonly test: Test;
  readonly problems: readonly string[];
}

const caseSensitive = (body: Body): boolean => text(body, 'match_case') === 'SENSITIVE';

function groupValues(body: Body, resolve: Resolve): readonly string[] {
  return texts(body, 'string_group_refs').flatMap((ref) =>
    objects(resolve(ref)?.body, 'kv').map((entry) => text(entry, 'key') ?? ''),
  );
}

function values(body: Body, field: string, resolve: Resolve): readonly string[] {
  return [...texts(body, field), ...groupValues(body, resolve)];
}

function unknownCriteria(body: Body): TextMatch {
  const problem = `match_criteria ${JSON.stringify(text(body, 'match_criteria'))} is not known`;
  return { test: () => false, captures: () => [], problems: [problem] };
}

function uriPart(
  body: Body,
  resolve: Resolve,
  read: (request: ClientRequest) => string,
): Part & Pick<TextMatch, 'captures'> {
  const criterion = textCriterion(text(body, 'match_criteria'));
  const match = criterion
    ? compileTextMatch(criterion, values(body, 'match_str', resolve), caseSensitive(body))
    : unknownCriteria(body);
  return { test: (request) => match.test(read(request)), captures: match.captures, problems: match.problems };
}

function reader(body: Body, field: 'path' | 'query'): (request: ClientRequest) => string {
  if (!flag(body, 'match_decoded_string', true)) return (request) => request[field];
  return (request) => percentDecode(request[field]);
}

function queryPart(body: Body, resolve: Resolve): Part & Pick<TextMatch, 'captures'> {
  const criteria = text(body, 'match_criteria');
  if (criteria === 'QUERY_MATCH_EXISTS' || criteria === 'QUERY_MATCH_DOES_NOT_EXIST') {
    const wanted = criteria === 'QUERY_MATCH_EXISTS';
    return { test: (request) => (request.query !== '') === wanted, captures: () => [], problems: [] };
  }
  return uriPart(body, resolve, reader(body, 'query'));
}

/** HDR_* criteria on the lines of one header: a positive one holds when any single line has it, a negative one when none has. */
function linesTest(
  body: Body,
  wanted: readonly string[],
): { test: (lines: readonly string[]) => boolean; problems: readonly string[] } {
  const criteria = text(body, 'match_criteria');
  if (criteria === 'HDR_EXISTS') return { test: (lines) => lines.length > 0, problems: [] };
  if (criteria === 'HDR_DOES_NOT_EXIST') return { test: (lines) => lines.length === 0, problems: [] };
  const criterion = textCriterion(criteria);
  if (!criterion || criterion.kind === 'REGEX') return { test: () => false, problems: unknownCriteria(body).problems };
  const match = compileTextMatch({ kind: criterion.kind, negated: false }, wanted, caseSensitive(body));
  return { test: (lines) => lines.some((line) => match.test(line)) !== criterion.negated, problems: match.problems };
}

function headersTest(body: Body): { test: (headers: HeaderLines) => boolean; problems: readonly string[] } {
  const name = text(body, 'hdr') ?? '';
  const { test, problems } = linesTest(body, texts(body, 'value').map(toWire));
  return { test: (headers) => test(headerLines(headers, name)), problems };
}

function headerPart(body: Body): Part {
  const { test, problems } = headersTest(body);
  return { test: (request) => test(request.headers), problems };
}

function hostPart(body: Body): Part {
  const { test, problems } = linesTest(body, texts(body, 'value'));
  return { test: (request) => test(request.host === '' ? [] : [request.host]), problems };
}

function cookiePart(body: Body): Part {
  const name = text(body, 'name') ?? '';
  const { test, problems } = linesTest(body, [text(body, 'value') ?? '']);
  return {
    test: (request) => {
      const value = cookieOf(request.headers, name);
      return test(value === undefined ? [] : [value]);
    },
    problems,
  };
}

function membership(body: Body, isMember: Test): Part {
  const negated = text(body, 'match_criteria') === 'IS_NOT_IN';
  return { test: (request) => isMember(request) !== negated, problems: [] };
}

function methodPart(body: Body): Part {
  const methods = new Set(texts(body, 'methods'));
  return membership(body, (request) => methods.has(`HTTP_METHOD_${request.method}`));
}

function protocolPart(body: Body): Part {
  const protocols = text(body, 'protocols')?.toLowerCase();
  return membership(body, (request) => request.scheme === protocols);
}

function portPart(body: Body): Part {
  const ports = new Set(numbers(body, 'ports'));
  return membership(body, (request) => ports.has(request.port));
}

const VERSIONS: Readonly<Record<string, string>> = {
  ZERO_NINE: '0.9',
  ONE_ZERO: '1.0',
  ONE_ONE: '1.1',
  TWO_ZERO: '2.0',
};

function versionPart(body: Body): Part {
  const versions = new Set(texts(body, 'versions').map((name) => VERSIONS[name]));
  return membership(body, (request) => versions.has(request.version ?? '1.1'));
}

function addressPart(body: Body, resolve: Resolve): Part {
  const test = compileAddressMatch(body, resolve);
  return { test: (request) => test(request.clientIp), problems: [] };
}

const UNSUPPORTED = ['tls_fingerprint_match', 'bot_detection_result', 'ip_reputation_type'] as const;

function unsupportedParts(target: Body): readonly Part[] {
  const present = [
    ...UNSUPPORTED.filter((member) => object(target, member)),
    ...(objects(target, 'geo_matches').length > 0 ? ['geo_matches'] : []),
  ];
  return present.map((member) => ({ test: () => false, problems: [`${member} is not simulated`] }));
}

type Compile = (body: Body, resolve: Resolve) => Part;
const MEMBERS: Readonly<Record<string, Compile>> = {
  vs_port: portPart,
  protocol: protocolPart,
  method: methodPart,
  version: versionPart,
  host_hdr: hostPart,
  cookie: cookiePart,
  client_ip: addressPart,
  source_ip: addressPart,
};

/** Compiles a MatchTarget; undefined (no `match` in the rule) matches every request. */
export function compileRequestMatch(target: Body | undefined, resolve: Resolve): RequestMatch {
  const parts: Part[] = [];
  for (const [member, compile] of Object.entries(MEMBERS)) {
    const body = object(target, member);
    if (body) parts.push(compile(body, resolve));
  }
  const pathBody = object(target, 'path');
  const path = pathBody && uriPart(pathBody, resolve, reader(pathBody, 'path'));
  if (path) parts.push(path);
  parts.push(...objects(target, 'hdrs').map(headerPart));
  const queryBody = object(target, 'query');
  const query = queryBody && queryPart(queryBody, resolve);
  if (query) parts.push(query);
  if (target) parts.push(...unsupportedParts(target));
  const problems = parts.flatMap((part) => part.problems);
  return {
    test: problems.length > 0 ? () => false : (request) => parts.every((part) => part.test(request)),
    pathCaptures: (request) => (pathBody && path ? path.captures(reader(pathBody, 'path')(request)) : []),
    queryCaptures: (request) => (queryBody && query ? query.captures(reader(queryBody, 'query')(request)) : []),
    problems,
  };
}

/** HTTPStatusMatch: IS_IN or IS_NOT_IN of codes and ranges. */
export function statusTest(body: Body): (status: number) => boolean {
  const codes = new Set(numbers(body, 'status_codes'));
  const ranges = objects(body, 'ranges').map(
    (range) => [number(range, 'begin') ?? 0, number(range, 'end') ?? 0] as const,
  );
  const negated = text(body, 'match_criteria') === 'IS_NOT_IN';
  return (status) => (codes.has(status) || ranges.some(([begin, end]) => begin <= status && status <= end)) !== negated;
}

/** Compiles a ResponseMatchTarget. */
export function compileResponseMatch(target: Body | undefined, resolve: Resolve): ResponseMatch {
  const request = compileRequestMatch(target, resolve);
  const statusBody = object(target, 'status');
  const status = statusBody ? statusTest(statusBody) : () => true;
  const locationBody = object(target, 'loc_hdr');
  const location = locationBody && linesTest(locationBody, texts(locationBody, 'value'));
  const headers = objects(target, 'rsp_hdrs').map(headersTest);
  const problems = [
    ...request.problems,
    ...(location?.problems ?? []),
    ...headers.flatMap((header) => header.problems),
  ];
  return {
    test: (client, response) =>
      problems.length === 0 &&
      request.test(client) &&
      status(response.status) &&
      (location === undefined || location.test(headerLines(response.headers, 'location'))) &&
      headers.every((header) => header.test(response.headers)),
    problems,
  };
}
