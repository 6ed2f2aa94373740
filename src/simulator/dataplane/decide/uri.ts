import { flag, number, object, objects, text, trailingNumber, type Body } from '../program/fields.ts';
import type { RequestMatch } from './match.ts';
import { withoutPort, type ClientRequest } from '../http/request.ts';

/** A compiled URIParam (avi-model 2.4): the result of its tokens for a request. */
export type UriParam = (request: ClientRequest) => string;

/** A rewrite, worked out for a request; absent members stay as they are. */
export interface Rewrite {
  readonly host?: string;
  readonly path?: string;
  readonly query?: string;
}

const END = 65535;

function slice(segments: readonly string[], token: Body): readonly string[] {
  const end = number(token, 'end_index') ?? END;
  return segments.slice(number(token, 'start_index') ?? 0, end === END ? undefined : end + 1);
}

function pathSegments(path: string): readonly string[] {
  const segments = path.split('/');
  return segments[0] === '' ? segments.slice(1) : segments;
}

/** Configured text may hold what a request line must not: it is sent percent-encoded. */
function escapeLiteral(value: string): string {
  return value.replace(/[^\x21-\x7e]+/g, (part) => encodeURIComponent(part.toWellFormed()));
}

function tokenParts(token: Body, request: ClientRequest, match: RequestMatch): readonly string[] {
  switch (text(token, 'type')) {
    case 'URI_TOKEN_TYPE_HOST':
      return slice(withoutPort(request.host).split('.'), token);
    case 'URI_TOKEN_TYPE_PATH':
      return slice(pathSegments(request.path), token);
    case 'URI_TOKEN_TYPE_REGEX':
      return slice(match.pathCaptures(request), token);
    case 'URI_TOKEN_TYPE_REGEX_QUERY':
      return slice(match.queryCaptures(request), token);
    default:
      return [escapeLiteral(text(token, 'str_value') ?? '')];
  }
}

function pathParam(body: Body, match: RequestMatch): UriParam {
  const tokens = objects(body, 'tokens');
  return (request) => {
    const parts = tokens.flatMap((token, index) => {
      const found = tokenParts(token, request, match);
      if (text(token, 'type') !== 'URI_TOKEN_TYPE_STRING') return found;
      const value = index === 0 ? (found[0] ?? '').replace(/^\//, '') : (found[0] ?? '');
      return value === '' ? [] : [value];
    });
    return `/${parts.join('/')}`;
  };
}

function hostParam(body: Body, match: RequestMatch): UriParam {
  const tokens = objects(body, 'tokens');
  return (request) => tokens.flatMap((token) => tokenParts(token, request, match)).join('.');
}

function joinQuery(query: string, keep: boolean, added: string): string {
  return [keep ? query : '', escapeLiteral(added)].filter((part) => part !== '').join('&');
}

/** Compiles rewrite_url_action. */
export function compileRewrite(rule: Body, match: RequestMatch): ((request: ClientRequest) => Rewrite) | undefined {
  const action = object(rule, 'rewrite_url_action');
  if (!action) return undefined;
  const hostBody = object(action, 'host_hdr');
  const pathBody = object(action, 'path');
  const queryBody = object(action, 'query');
  const host = hostBody && hostParam(hostBody, match);
  const path = pathBody && pathParam(pathBody, match);
  return (request) => ({
    ...(host && { host: host(request) }),
    ...(path && { path: path(request) }),
    ...(queryBody && {
      query: joinQuery(request.query, flag(queryBody, 'keep_query', true), text(queryBody, 'add_string') ?? ''),
    }),
  });
}

/** A redirect, worked out: status and the value of Location. */
export interface Redirect {
  readonly status: number;
  readonly location: string;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

function authority(host: string, protocol: string, port: number | undefined): string {
  return port === undefined || port === DEFAULT_PORTS[protocol] ? host : `${host}:${port}`;
}

/** Compiles a redirect action of a rule (`redirect_action`, or a rate limiter's `redirect`). */
export function compileRedirect(action: Body, match: RequestMatch): (request: ClientRequest) => Redirect {
  const protocol = text(action, 'protocol') === 'HTTPS' ? 'https' : 'http';
  const hostBody = object(action, 'host');
  const pathBody = object(action, 'path');
  const host = hostBody ? hostParam(hostBody, match) : (request: ClientRequest) => withoutPort(request.host);
  const path = pathBody ? pathParam(pathBody, match) : (request: ClientRequest) => request.path;
  const port = number(action, 'port');
  const status = trailingNumber(text(action, 'status_code'), 302);
  const keep = flag(action, 'keep_query', true);
  const added = text(action, 'add_string') ?? '';
  return (request) => {
    const query = joinQuery(request.query, keep, added);
    const location = `${protocol}://${authority(host(request), protocol, port)}${path(request)}${query && `?${query}`}`;
    return { status, location };
  };
}

/** Compiles loc_hdr_action of a response rule: rewrites the Location that a server sent; others stay as they are. */
export function compileLocationRewrite(
  action: Body,
  match: RequestMatch,
): (location: string, request: ClientRequest) => string {
  const redirect = compileRedirect(action, match);
  return (location, request) => {
    const url = URL.canParse(location) ? new URL(location) : undefined;
    if (!url) return location;
    return redirect({ ...request, host: url.host, path: url.pathname, query: url.search.slice(1) }).location;
  };
}
