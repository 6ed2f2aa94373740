/**
 * Cross-origin policies as DataScript lines (Fetch Standard; httproute_types.go, HTTPCORSFilter). In the request event
 * they decide whether the origin is allowed and answer preflights; in the response event they write the headers.
 */
import type { Cors } from '../../routing/result/routed-filters.ts';
import { addHeader, indented, luaString, removeHeader } from './lua.ts';

/** Value for Access-Control-Allow-Origin, from the request to the response event. */
const allowVariable = 'avi.vs.reqvar.avi_gateway_allow_origin';
const defaultPorts: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** Lines that answer a preflight, or else remember what is allowed and do `others`. */
export function corsRequestLines(cors: Cors, others: readonly string[]): readonly string[] {
  return [
    'local origin = avi.http.get_header("Origin")',
    'local allow = nil',
    'if origin then',
    ...indented(allowLines(cors)),
    'end',
    'local method = avi.http.get_header("Access-Control-Request-Method")',
    'if origin and method and avi.http.method() == "OPTIONS" then',
    ...indented(preflightLines(cors)),
    'else',
    `  if allow then ${allowVariable} = allow end`,
    ...indented(others),
    'end',
  ];
}

/** Lines of the response event; what the server says of its own about origins does not count. */
export function corsResponseLines(cors: Cors): readonly string[] {
  const expose = exposedHeaders(cors);
  return [
    removeHeader('Access-Control-Allow-Origin'),
    removeHeader('Access-Control-Allow-Credentials'),
    removeHeader('Access-Control-Expose-Headers'),
    `local allow = ${allowVariable}`,
    'if allow then',
    `  ${addHeader('Access-Control-Allow-Origin', 'allow')}`,
    ...(cors.allowCredentials ? [`  ${addHeader('Access-Control-Allow-Credentials', '"true"')}`] : []),
    ...(expose ? [`  ${addHeader('Access-Control-Expose-Headers', luaString(expose))}`] : []),
    'end',
    ...(allowsAny(cors) ? [] : [addHeader('Vary', '"Origin"')]),
  ];
}

/** Lines that put the headers of an actual response into the table `headers`, for answers of the script itself. */
export function corsAnswerLines(cors: Cors): readonly string[] {
  const expose = exposedHeaders(cors);
  return [
    'if allow then',
    ...indented(originFields(cors)),
    ...(expose ? [`  headers["Access-Control-Expose-Headers"] = ${luaString(expose)}`] : []),
    'end',
  ];
}

function allowLines(cors: Cors): readonly string[] {
  const chosen = allowsAny(cors) ? '"*"' : 'origin';
  if (cors.allowOrigins.includes('*')) return [`allow = ${chosen}`];
  const conditions = cors.allowOrigins.map(originCondition);
  if (conditions.length === 0) return [];
  return ['local given = string.lower(origin)', `if ${conditions.join(' or ')} then allow = origin end`];
}

/** "The gateway must not return `*`" with credentials; without, one answer is good for every origin. */
function allowsAny({ allowOrigins, allowCredentials }: Cors): boolean {
  return allowOrigins.includes('*') && !allowCredentials;
}

/** A Lua condition on `given`, the request's origin in lower case. Browsers leave a default port out, others may not. */
function originCondition(origin: string): string {
  const [scheme = '', rest = ''] = origin.split('://');
  const hasPort = rest.includes(':');
  const withPort = hasPort ? rest : `${rest}:${defaultPorts[scheme]}`;
  const spellings = hasPort ? [rest] : [rest, withPort];
  return `(${spellings.map((spelling) => spellingCondition(`${scheme}://`, spelling)).join(' or ')})`;
}

function spellingCondition(start: string, spelling: string): string {
  if (!spelling.startsWith('*')) return `given == ${luaString(start + spelling)}`;
  const end = spelling.slice(1);
  const parts = [
    `string.len(given) > ${start.length + end.length}`,
    `string.sub(given, 1, ${start.length}) == ${luaString(start)}`,
  ];
  if (end !== '') parts.push(`string.sub(given, -${end.length}) == ${luaString(end)}`);
  const hostEnd = end.includes(':') ? `string.len(given) - ${end.length - end.indexOf(':')}` : '-1';
  parts.push(`not string.find(string.sub(given, ${start.length + 1}, ${hostEnd}), ":", 1, true)`);
  return parts.join(' and ');
}

/** A preflight from another origin gets an answer too, but no permission. */
function preflightLines(cors: Cors): readonly string[] {
  const { allowMethods, allowHeaders, maxAge } = cors;
  const expose = exposedHeaders(cors);
  return [
    'local headers = {}',
    'if allow then',
    ...indented([
      ...originFields(cors),
      ...listField('Access-Control-Allow-Methods', allowMethods, cors, 'method'),
      ...listField(
        'Access-Control-Allow-Headers',
        allowHeaders,
        cors,
        'avi.http.get_header("Access-Control-Request-Headers")',
      ),
      ...(expose ? [`headers["Access-Control-Expose-Headers"] = ${luaString(expose)}`] : []),
      `headers["Access-Control-Max-Age"] = "${maxAge}"`,
    ]),
    'end',
    'avi.http.response(200, headers)',
  ];
}

function originFields(cors: Cors): readonly string[] {
  return [
    'headers["Access-Control-Allow-Origin"] = allow',
    ...(allowsAny(cors) ? [] : ['headers["Vary"] = "Origin"']),
    ...(cors.allowCredentials ? ['headers["Access-Control-Allow-Credentials"] = "true"'] : []),
  ];
}

/** With credentials `*` is answered with what the client asked for, a Lua expression; no header if it did not ask. */
function listField(name: string, allowed: readonly string[], cors: Cors, asked: string): readonly string[] {
  if (allowed.length === 0) return [];
  if (allowed.includes('*') && cors.allowCredentials) return [`headers[${luaString(name)}] = ${asked}`];
  return [`headers[${luaString(name)}] = ${luaString(allowed.join(', '))}`];
}

/** "With allowCredentials … the gateway cannot use the `*`" here. */
function exposedHeaders({ exposeHeaders, allowCredentials }: Cors): string {
  if (!exposeHeaders.includes('*')) return exposeHeaders.join(', ');
  return allowCredentials ? exposeHeaders.filter((name) => name !== '*').join(', ') : '*';
}
