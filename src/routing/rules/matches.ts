/** A rule's matches with the API's defaults, checked as the API server checks them (httproute_types.go). */
import { RE2JS } from 're2js';
import type { HTTPRoute } from '../../../generated/gateway-api.ts';
import { drop, readEach, value, type Read } from '../backends/dropped.ts';
import { headerNameProblem, hasControlCharacter } from './header-syntax.ts';
import { list, text } from '../../values/read.ts';
import type { PathMatch, RuleMatch, ValueMatch } from '../result/routed-match.ts';
import { reasonOf } from '../support.ts';

export type RuleManifest = NonNullable<NonNullable<HTTPRoute['spec']>['rules']>[number];
type MatchManifest = NonNullable<RuleManifest['matches']>[number];

const everything: RuleMatch = { path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] };
/** Values of HTTPMethod. */
export const methods: readonly string[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
];
const pathCharacters = /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/;
const forbiddenInPaths = ['//', '/./', '/../', '%2f', '%2F', '#'];
const longestPath = 1024;
const longestValue = 4096;

/** The most query parameters of one match: Avi has one condition on the query, with a branch for each order of them. */
export const maxQueryParams = 3;

/** "If no matches are specified, the default is a prefix path match on /". */
export function readMatches(rule: RuleManifest, path: string): Read<readonly RuleMatch[]> {
  const manifests = list(rule.matches);
  return manifests.length === 0 ? value([everything]) : readEach(manifests, `${path}.matches`, readMatch);
}

function readMatch(manifest: MatchManifest, path: string): Read<RuleMatch> {
  const pathMatch = readPath(manifest.path, `${path}.path`);
  if ('dropped' in pathMatch) return pathMatch;
  const { method } = manifest;
  if (method != null && !methods.includes(method)) return drop(`${path}.method`, reasonOf('unknownValue'));
  const headers = readHeaders(manifest.headers, `${path}.headers`);
  if ('dropped' in headers) return headers;
  const queryParams = readValues(manifest.queryParams, `${path}.queryParams`, 'queryRegex');
  if ('dropped' in queryParams) return queryParams;
  const distinct = new Set(queryParams.value.map(({ name }) => name)).size;
  if (distinct > maxQueryParams) {
    return drop(`${path}.queryParams`, `has ${distinct} query parameters; at most ${maxQueryParams} can be expressed`);
  }
  return value({
    path: pathMatch.value,
    ...(method == null ? {} : { method }),
    headers: headers.value,
    queryParams: queryParams.value,
  });
}

function readPath(manifest: MatchManifest['path'], path: string): Read<PathMatch> {
  const type: string = manifest?.type ?? 'PathPrefix';
  const given: unknown = manifest?.value ?? '/';
  if (typeof given !== 'string') return drop(`${path}.value`, 'must be text');
  if (given.length > longestPath) return drop(`${path}.value`, `must not be longer than ${longestPath} characters`);
  if (type === 'RegularExpression') {
    const problem = regexProblem(given);
    return problem ? drop(`${path}.value`, problem) : value({ type, value: given });
  }
  if (type !== 'Exact' && type !== 'PathPrefix') return drop(`${path}.type`, reasonOf('unknownValue'));
  const problem = plainPathProblem(given);
  return problem ? drop(`${path}.value`, problem) : value({ type, value: given });
}

/** The header matches of a rule of whatever kind. */
export function readHeaders(manifests: MatchManifest['headers'], path: string): Read<readonly ValueMatch[]> {
  return readValues(manifests, path, 'headerRegex');
}

/** Checked with RE2, which never backtracks; what RE2 refuses (look-around, back references) Avi's engines may refuse too. */
function regexProblem(expression: string): string | undefined {
  if (hasControlCharacter(expression)) return 'must not contain control characters';
  try {
    RE2JS.compile(expression);
    return undefined;
  } catch (error) {
    return `is not a regular expression in RE2 syntax: ${error instanceof Error ? error.message : 'not readable'}`;
  }
}

function plainPathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'must start with /';
  const forbidden = forbiddenInPaths.find((part) => path.includes(part));
  if (forbidden) return `must not contain ${forbidden}`;
  if (path.endsWith('/.') || path.endsWith('/..')) return 'must not end with /. or /..';
  return pathCharacters.test(path) ? undefined : 'contains characters that a path cannot have';
}

function readValues(
  manifests: MatchManifest['headers'] | MatchManifest['queryParams'],
  path: string,
  regex: 'headerRegex' | 'queryRegex',
): Read<readonly ValueMatch[]> {
  return readEach(list<NonNullable<MatchManifest['headers']>[number]>(manifests), path, (manifest, where) => {
    const type: string = manifest.type ?? 'Exact';
    if (type === 'RegularExpression') return drop(`${where}.type`, reasonOf(regex));
    if (type !== 'Exact') return drop(`${where}.type`, reasonOf('unknownValue'));
    const name = text(manifest.name) ?? '';
    const problem = headerNameProblem(name);
    if (problem) return drop(`${where}.name`, problem);
    const wanted = text(manifest.value) ?? '';
    if (wanted === '') return drop(`${where}.value`, 'must not be empty');
    if (wanted.length > longestValue)
      return drop(`${where}.value`, `must not be longer than ${longestValue} characters`);
    if (hasControlCharacter(wanted)) return drop(`${where}.value`, 'must not contain control characters');
    return value({ type, name, value: wanted });
  });
}
