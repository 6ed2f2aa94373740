/**
 * Response header modifiers of rules in an ordered list. Avi's response rules do not end at the first match, so the
 * request rule that matched marks the request with an internal header; a script reads and removes the mark before the
 * request leaves, and changes the response. Route values are literals in the script, never code.
 */
import { hash } from 'node:crypto';
import { compareText } from '../routing/read.ts';
import type { HeaderModifier } from '../routing/result.ts';
import type { JsonObject } from './desired.ts';
import type { Action } from './policy-entry.ts';
import { headerAction } from './rule-actions.ts';

/** Every rule of a marked list sets or removes it, so that a client's own value never survives. */
const markHeader = 'X-Avi-Gateway-Response-Rule';

/** What the response script has to do, by the mark of the request rule. */
export type ResponseTable = ReadonlyMap<string, HeaderModifier>;

/** Response modifiers of the actions that forward; empty when no script is needed. */
export function responseTable(actions: readonly (Action | undefined)[]): ResponseTable {
  const table = new Map<string, HeaderModifier>();
  for (const action of actions) {
    const modifier = action && responseModifier(action);
    if (modifier) table.set(markOf(modifier), modifier);
  }
  return new Map([...table].sort(([a], [b]) => compareText(a, b)));
}

/** The response modifier of a rule that forwards; undefined when there is nothing to modify. */
export function responseModifier({ rule: { rule } }: Action): HeaderModifier | undefined {
  const modifier = rule.action === 'forward' ? rule.responseHeaders : undefined;
  return modifier && modifier.set.length + modifier.add.length + modifier.remove.length > 0 ? modifier : undefined;
}

/** The header action that marks a request for the script, or removes what a client sent under the name. */
export function markAction(action: Action): JsonObject {
  const modifier = responseModifier(action);
  return modifier
    ? headerAction('HTTP_REPLACE_HDR', markHeader, markOf(modifier))
    : headerAction('HTTP_REMOVE_HDR', markHeader);
}

/** The two scripts, in the order of the events. */
export function responseScripts(table: ResponseTable): readonly JsonObject[] {
  return [
    { evt: 'VS_DATASCRIPT_EVT_HTTP_REQ', script: requestScript },
    { evt: 'VS_DATASCRIPT_EVT_HTTP_RESP', script: responseScript(table) },
  ];
}

/** A Lua string literal for the UTF-8 bytes of the text; all but plain characters are escaped by number. */
export function luaString(text: string): string {
  const escaped = [...Buffer.from(text)].map((byte) => {
    const character = String.fromCharCode(byte);
    return /^[A-Za-z0-9 _.,:;=+*/()<>@!?#&~-]$/.test(character) ? character : `\\${String(byte).padStart(3, '0')}`;
  });
  return `"${escaped.join('')}"`;
}

const requestScript = [
  `local mark = avi.http.get_header(${luaString(markHeader)})`,
  'if mark then',
  `  avi.http.remove_header(${luaString(markHeader)})`,
  '  avi.vs.reqvar.avi_gateway_response_rule = mark',
  'end',
].join('\n');

function responseScript(table: ResponseTable): string {
  const branches = [...table].flatMap(([mark, modifier], index) => [
    `${index === 0 ? 'if' : 'elseif'} mark == ${luaString(mark)} then`,
    ...modifierLines(modifier).map((line) => `  ${line}`),
  ]);
  return ['local mark = avi.vs.reqvar.avi_gateway_response_rule', ...branches, 'end'].join('\n');
}

/** Set is remove and add: right whether or not the server sent the header. */
function modifierLines({ set, add, remove }: HeaderModifier): readonly string[] {
  const removeLine = (name: string) => `avi.http.remove_header(${luaString(name)})`;
  const addLine = ({ name, value }: { readonly name: string; readonly value: string }) =>
    `avi.http.add_header(${luaString(name)}, ${luaString(value)})`;
  return [
    ...set.flatMap((header) => [removeLine(header.name), addLine(header)]),
    ...add.map(addLine),
    ...remove.map(removeLine),
  ];
}

/** Named after the content: a request marked before a change meets either the same modifier in the script or none. */
function markOf(modifier: HeaderModifier): string {
  const { set, add, remove } = modifier;
  const pairs = (headers: HeaderModifier['set']) => headers.map(({ name, value }) => [name, value]);
  return hash('sha256', JSON.stringify([pairs(set), pairs(add), remove])).slice(0, 16);
}
