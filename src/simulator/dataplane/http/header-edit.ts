import { number, object, objects, text, type Body } from '../program/fields.ts';
import { headerLines, type ClientRequest } from './request.ts';

/** A change of header lines with its value worked out. A `cookie` edit changes one cookie inside `Cookie`. */
export interface HeaderEdit {
  readonly action: 'add' | 'replace' | 'remove';
  readonly header: string;
  readonly value: string;
  readonly cookie?: string;
}

/** Header lines as they are on the wire: name, value, in order. */
export type WireHeaders = readonly (readonly [name: string, value: string])[];

/** One hdr_action of a rule, compiled; undefined when its variable has no value for this request. */
export type HeaderAction = (request: ClientRequest) => HeaderEdit | undefined;

/** Text to what HTTP headers carry: its UTF-8 bytes, one character a byte, as Node reads and writes headers. */
export function toWire(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : Buffer.from(text).toString('latin1');
}

/** The other way round. */
export function fromWire(value: string): string {
  return /^[\x20-\x7e]*$/.test(value) ? value : Buffer.from(value, 'latin1').toString();
}

const ACTIONS: Readonly<Record<string, HeaderEdit['action']>> = {
  HTTP_ADD_HDR: 'add',
  HTTP_REPLACE_HDR: 'replace',
  HTTP_REMOVE_HDR: 'remove',
};

type Variable = (request: ClientRequest, argument: string) => string | undefined;
const VARIABLES: Readonly<Record<string, Variable>> = {
  HTTP_POLICY_VAR_CLIENT_IP: (request) => request.clientIp,
  HTTP_POLICY_VAR_SOURCE_IP: (request) => request.clientIp,
  HTTP_POLICY_VAR_VS_PORT: (request) => String(request.port),
  HTTP_POLICY_VAR_VS_IP: (request) => request.virtualIp,
  HTTP_POLICY_VAR_HTTP_HDR: (request, argument) => headerLines(request.headers, argument)[0],
  HTTP_POLICY_VAR_SSL_SERVER_NAME: (request) => request.sni,
  HTTP_POLICY_VAR_SSL_PROTOCOL: (request) => request.tls?.protocol,
  HTTP_POLICY_VAR_SSL_CIPHER: (request) => request.tls?.cipher,
  HTTP_POLICY_VAR_REQUEST_ID: (request) => request.requestId,
};

function compileOne(body: Body): HeaderAction | undefined {
  const action = ACTIONS[text(body, 'action') ?? ''];
  if (!action) return undefined;
  const cookie = object(body, 'cookie');
  if (cookie) {
    const edit = {
      action,
      header: 'Cookie',
      cookie: text(cookie, 'name') ?? '',
      value: toWire(text(cookie, 'value') ?? ''),
    };
    return () => edit;
  }
  const header = text(object(body, 'hdr'), 'name') ?? '';
  const value = object(object(body, 'hdr'), 'value');
  const variable = text(value, 'var');
  const literal = toWire(text(value, 'val') ?? '');
  if (variable === undefined) {
    const edit = { action, header, value: literal };
    return () => edit;
  }
  return (request) => {
    const found = VARIABLES[variable]?.(request, literal);
    return found === undefined ? undefined : { action, header, value: found };
  };
}

/** Compiles `hdr_action[]` in the order of hdr_index; entries of equal index keep their order. */
export function compileHeaderActions(rule: Body): readonly HeaderAction[] {
  return [...objects(rule, 'hdr_action')]
    .sort((a, b) => (number(a, 'hdr_index') ?? 0) - (number(b, 'hdr_index') ?? 0))
    .map(compileOne)
    .filter((action) => action !== undefined);
}

function editCookie(headers: WireHeaders, edit: HeaderEdit, cookie: string): WireHeaders {
  const isCookie = (name: string): boolean => name.toLowerCase() === 'cookie';
  const pairs = headers
    .filter(([name]) => isCookie(name))
    .flatMap(([, value]) => value.split(';').map((pair) => pair.trim()))
    .filter((pair) => edit.action === 'add' || pair.split('=', 1)[0] !== cookie);
  if (edit.action !== 'remove') pairs.push(`${cookie}=${edit.value}`);
  const others = headers.filter(([name]) => !isCookie(name));
  return pairs.length === 0 ? others : [...others, ['Cookie', pairs.join('; ')]];
}

/** Applies edits in order: add appends a line, replace leaves one line of that name, remove none. */
export function editHeaders(headers: WireHeaders, edits: readonly HeaderEdit[]): WireHeaders {
  let lines = headers;
  for (const edit of edits) {
    if (edit.cookie !== undefined) {
      lines = editCookie(lines, edit, edit.cookie);
      continue;
    }
    const name = edit.header.toLowerCase();
    const kept = edit.action === 'add' ? lines : lines.filter(([line]) => line.toLowerCase() !== name);
    lines = edit.action === 'remove' ? kept : [...kept, [edit.header, edit.value]];
  }
  return lines;
}
