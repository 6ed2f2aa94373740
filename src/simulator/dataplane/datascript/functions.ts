import { editHeaders, fromWire, toWire, type HeaderEdit, type WireHeaders } from '../http/header-edit.ts';
import { cookieOf, percentDecode, withoutPort } from '../http/request.ts';
import { findServer, findTarget, word, type AviFunction } from './arguments.ts';
import { L4_FUNCTIONS } from './l4.ts';
import type { ScriptContext, ScriptMessage, ScriptValue } from './context.ts';
import { reply, requestBody, send, setBodyLimit } from './out-of-band.ts';
import type { ScriptTables } from './tables.ts';

/** Statuses that `avi.http.response` is documented to take (avi-model 2.11). */
const RESPONSE_STATUSES = new Set([200, 301, 302, 303, 307, 400, 401, 403, 404, 405, 413, 414, 429, 451, 501, 503]);
const REDIRECT_STATUSES = new Set([301, 302, 303, 307]);
const TABLE_LIFETIME_S = 300;

function message(context: ScriptContext, which: ScriptValue): ScriptMessage {
  return which === 'HTTP_REQUEST' || !context.response ? context.request : context.response;
}

function edit(context: ScriptContext, action: HeaderEdit['action'], args: readonly ScriptValue[]): undefined {
  const header = word(args[0], 'header name');
  const value = action === 'remove' ? '' : toWire(word(args[1], `value of header ${header}`));
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
    throw new Error(`value of header ${header} has a character that is not allowed`);
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(header)) throw new Error(`${JSON.stringify(header)} is not a header name`);
  const target = message(context, undefined);
  target.headers = editHeaders(target.headers, [{ action, header, value }]);
  return undefined;
}

function getHeader(context: ScriptContext, args: readonly ScriptValue[]): ScriptValue {
  if (args[0] === undefined)
    return Object.fromEntries(message(context, args[1]).headers.map(([name, value]) => [name, fromWire(value)]));
  const name = word(args[0], 'header name').toLowerCase();
  const line = message(context, args[1]).headers.find(([header]) => header.toLowerCase() === name);
  return line && fromWire(line[1]);
}

function queryPairs(query: string): readonly (readonly [string, string])[] {
  return query
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    });
}

function getQuery(context: ScriptContext, args: readonly ScriptValue[]): ScriptValue {
  const { query } = context.request;
  if (args[0] === undefined) return query;
  const decode = args[1] === true ? percentDecode : (value: string): string => value;
  const pairs = queryPairs(query).map(([name, value]) => [decode(name), decode(value)] as const);
  if (args[0] === 'QUERY_TABLE') return Object.fromEntries(pairs.toReversed());
  return pairs.find(([name]) => name === args[0])?.[1];
}

function respond(context: ScriptContext, args: readonly ScriptValue[]): undefined {
  const status = args[0];
  if (typeof status !== 'number' || !RESPONSE_STATUSES.has(status))
    throw new Error(`avi.http.response: status ${JSON.stringify(status)} is not supported`);
  const headers: WireHeaders =
    typeof args[1] === 'object' ? Object.entries(args[1]).map(([name, value]) => [name, String(value)]) : [];
  const response = args[2] === undefined ? { status } : { status, body: word(args[2], 'body') };
  context.answer ??= { kind: 'local', response, headers };
  return undefined;
}

function redirect(context: ScriptContext, args: readonly ScriptValue[]): undefined {
  const status = args[1] ?? 302;
  if (typeof status !== 'number' || !REDIRECT_STATUSES.has(status))
    throw new Error(`avi.http.redirect: status ${JSON.stringify(status)} is not supported`);
  context.answer ??= { kind: 'redirect', redirect: { status, location: word(args[0], 'uri') } };
  return undefined;
}

function closeConnection(context: ScriptContext): undefined {
  context.answer ??= { kind: 'close' };
  return undefined;
}

/** Below HTTP only L4_REQUEST is documented to choose. */
function checkSelection({ belowHttp, stream }: ScriptContext): void {
  if (belowHttp && !stream) throw new Error('pools are selected in L4_REQUEST');
}

function selectPool(context: ScriptContext, args: readonly ScriptValue[]): undefined {
  checkSelection(context);
  const target = findTarget(context, 'pool', args[0]);
  const pool = context.virtualService.pools.get(target.uuid);
  context.selected =
    args[1] === undefined ? { target } : { target, server: findServer(pool, word(args[1], 'server'), args[2]) };
  return undefined;
}

function selectGroup(context: ScriptContext, args: readonly ScriptValue[]): undefined {
  checkSelection(context);
  context.selected = { target: findTarget(context, 'poolgroup', args[0]) };
  return undefined;
}

function setPath(context: ScriptContext, args: readonly ScriptValue[]): undefined {
  const path = word(args[0], 'path');
  if (!/^\/[\x21-\x7e\x80-\xff]*$/.test(path))
    throw new Error('avi.http.set_path: the path must start with / and have no space');
  context.request.path = path;
  return undefined;
}

function setQuery(context: ScriptContext, args: readonly ScriptValue[]): undefined {
  const query = word(args[0], 'query');
  if (!/^[\x21-\x7e\x80-\xff]*$/.test(query)) throw new Error('avi.http.set_query: the query must have no space');
  context.request.query = query;
  return undefined;
}

function setVariable(context: ScriptContext, args: readonly ScriptValue[]): undefined {
  context.variables.set(word(args[0], 'name'), args[1]);
  return undefined;
}

const getVariable: AviFunction = (context, args) => context.variables.get(word(args[0], 'name'));

/** `(key, …)` or `(table, key, …)`: the table's name may be left out. */
function tableArguments(args: readonly ScriptValue[], withoutTable: boolean): readonly ScriptValue[] {
  return withoutTable ? ['', ...args] : args;
}

function tableFunctions(tables: ScriptTables): Readonly<Record<string, AviFunction>> {
  return {
    'vs.table_lookup': (context, args) => {
      const [table, key] = tableArguments(args, args.length < 2 || typeof args[1] === 'number');
      return tables.lookup(context.virtualService.uuid, word(table, 'table'), word(key, 'key'));
    },
    'vs.table_insert': (context, args) => {
      const [table, key, value, lifetime] = tableArguments(
        args,
        args.length < 3 || (args.length === 3 && typeof args[2] === 'number'),
      );
      const seconds = typeof lifetime === 'number' ? lifetime : TABLE_LIFETIME_S;
      return tables.insert(context.virtualService.uuid, word(table, 'table'), word(key, 'key'), value, seconds);
    },
    'vs.table_remove': (context, args) => {
      const [table, key] = tableArguments(args, args.length < 2);
      tables.remove(context.virtualService.uuid, word(table, 'table'), word(key, 'key'));
      return undefined;
    },
  };
}

const FUNCTIONS: Readonly<Record<string, AviFunction>> = {
  'http.method': ({ client }) => client.method,
  'http.hostname': ({ client }) => withoutPort(client.host),
  'http.protocol': ({ client }) => client.scheme,
  'http.get_path': ({ request }) => request.path,
  'http.set_path': setPath,
  'http.get_query': getQuery,
  'http.set_query': setQuery,
  'http.get_uri': ({ request }) => (request.query === '' ? request.path : `${request.path}?${request.query}`),
  'http.get_header': getHeader,
  'http.add_header': (context, args) => edit(context, 'add', args),
  'http.replace_header': (context, args) => edit(context, 'replace', args),
  'http.remove_header': (context, args) => edit(context, 'remove', args),
  'http.redirect': redirect,
  'http.response': respond,
  'http.close_conn': closeConnection,
  'http.status': ({ response }) => {
    if (!response) throw new Error('avi.http.status is for response events');
    return response.status;
  },
  'http.set_reqvar': setVariable,
  'http.get_reqvar': getVariable,
  'http.set_request_body_buffer_size': setBodyLimit,
  'http.get_req_body': requestBody,
  'http.get_cookie': ({ client }, args) => cookieOf(client.headers, word(args[0], 'cookie name')),
  'vs.set_reqvar': setVariable,
  'vs.get_reqvar': getVariable,
  'vs.name': ({ virtualService }) => virtualService.name,
  'vs.ip': ({ client }) => client.virtualIp,
  'vs.port': ({ client }) => client.port,
  'vs.client_ip': ({ client }) => client.clientIp,
  'vs.client_port': ({ client }) => client.clientPort,
  'vs.close_conn': closeConnection,
  'requests.send': send,
  'requests.reply': reply,
  'pool.select': selectPool,
  'pool.name': ({ pool }) => pool,
  'poolgroup.select': selectGroup,
  'ssl.server_name': ({ client }) => client.sni,
  'ssl.protocol': ({ client }) => client.tls?.protocol,
  'ssl.cipher': ({ client }) => client.tls?.cipher,
};

/** The avi functions by operation name (`http.get_header`). `log` takes what scripts write with `avi.vs.log`. */
export function aviFunctions(
  tables: ScriptTables,
  log: (message: string) => void,
): Readonly<Record<string, AviFunction>> {
  return {
    ...FUNCTIONS,
    ...L4_FUNCTIONS,
    ...tableFunctions(tables),
    'vs.log': (context, args) => {
      log(`DataScript ${context.script?.name} on ${context.virtualService.name}: ${word(args[0], 'message')}`);
      return undefined;
    },
  };
}
