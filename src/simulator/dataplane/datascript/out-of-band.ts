import { fromWire, toWire, type WireHeaders } from '../http/header-edit.ts';
import { findServer, findTarget, word } from './arguments.ts';
import type { ScriptEvent } from '../program/program.ts';
import type { ScriptContext, ScriptRequest, ScriptTable, ScriptValue } from './context.ts';

/** Cap of the buffer for request bodies, bytes (avi-model 2.11). */
const MAX_BODY = 32_768;
const REQUEST_EVENTS: ReadonlySet<ScriptEvent | undefined> = new Set(['HTTP_REQ', 'HTTP_REQ_DATA']);
/** `avi.http.set_request_body_buffer_size(bytes)`, in HTTP_REQ. */
export function setBodyLimit(context: ScriptContext, args: readonly ScriptValue[]): undefined {
  const bytes = args[0];
  if (context.event !== 'HTTP_REQ') throw new Error('avi.http.set_request_body_buffer_size is for HTTP_REQ');
  if (typeof bytes !== 'number' || bytes < 0 || bytes > MAX_BODY)
    throw new Error(`avi.http.set_request_body_buffer_size: not a number of bytes up to ${MAX_BODY}`);
  context.bodyLimit = bytes;
  return undefined;
}

/** `avi.http.get_req_body([bytes])`: what has been buffered of the body; nil before it has been. */
export function requestBody(context: ScriptContext, args: readonly ScriptValue[]): ScriptValue {
  const bytes = typeof args[0] === 'number' ? args[0] : MAX_BODY;
  return context.body && textOf(context.body.subarray(0, bytes));
}

/** What reaches Lua: UTF-8, up to the first NUL. */
function textOf(body: Buffer): string {
  return body.toString().split('\0', 1)[0] ?? '';
}

function tableOf(value: ScriptValue): ScriptTable | undefined {
  return typeof value === 'object' ? value : undefined;
}

/** Headers that the script names; without any, only the request's Host. */
function headersOf(context: ScriptContext, args: ScriptTable | undefined): WireHeaders {
  const named = tableOf(args?.['headers']);
  if (named)
    return Object.entries(named).map(([name, value]) => {
      const wire = toWire(word(value, `value of header ${name}`));
      if (/[^\t\x20-\x7e\x80-\xff]/.test(wire) || !/^[\w!#$%&'*+.^`|~-]+$/.test(name))
        throw new Error(`header ${JSON.stringify(name)} is not allowed in HTTP`);
      return [name, wire] as const;
    });
  return context.request.headers.filter(([name]) => name.toLowerCase() === 'host');
}

/** The client's own bytes where the script passes the buffered body on as it is. */
function bodyOf(context: ScriptContext, args: ScriptTable | undefined): Buffer | undefined {
  const body = args?.['body'];
  if (body === undefined) return undefined;
  const text = word(body, 'body');
  return context.body && textOf(context.body) === text ? context.body : Buffer.from(text);
}

/** `(pool[, server[, port]], uri[, args])`: an uri starts with a slash, a server does not. */
function requestOf(context: ScriptContext, values: readonly ScriptValue[]): ScriptRequest {
  const [method, name, ...rest] = values;
  const pool = context.virtualService.pools.get(findTarget(context, 'pool', name).uuid);
  if (!pool) throw new Error(`pool ${JSON.stringify(name)} is not there`);
  const at = rest.findIndex((value) => typeof value === 'string' && value.startsWith('/'));
  if (at < 0 || at > 2) throw new Error('avi.requests: there is no uri that starts with /');
  const uri = word(rest[at], 'uri');
  if (!/^\/[\x21-\x7e\x80-\xff]*$/.test(uri)) throw new Error('avi.requests: the uri must have no space');
  const args = tableOf(rest[at + 1]);
  const body = bodyOf(context, args);
  return {
    pool,
    method: word(method, 'method'),
    uri,
    headers: headersOf(context, args),
    ...(at > 0 && { server: findServer(pool, word(rest[0], 'server'), at > 1 ? rest[1] : undefined) }),
    ...(body && { body }),
  };
}

/** Starts `avi.requests.*`; the script waits for the answer. For request events only. */
export function send(context: ScriptContext, args: readonly ScriptValue[]): undefined {
  if (!REQUEST_EVENTS.has(context.event)) throw new Error('avi.requests is for request events');
  context.waiting = context.send(requestOf(context, args));
  return undefined;
}

/** The answer of the request that the script waited for: `{status, headers, body}`, nil when there was none. */
export function reply(context: ScriptContext): ScriptValue {
  const answer = context.reply;
  if (!answer) return undefined;
  const headers: Record<string, string> = {};
  for (const [name, value] of answer.headers.toReversed()) headers[name] = fromWire(value);
  return { status: answer.status, headers, body: answer.body };
}
