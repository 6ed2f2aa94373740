/** Lua literals for DataScripts: route values are data in a script, never code. */
import type { HeaderModifier } from '../../routing/result/routed-filters.ts';

/** A Lua string literal for the UTF-8 bytes of the text; all but plain characters are escaped by number. */
export function luaString(text: string): string {
  const escaped = [...Buffer.from(text)].map((byte) => {
    const character = String.fromCharCode(byte);
    return /^[A-Za-z0-9 _.,:;=+*/()<>@!?#&~-]$/.test(character) ? character : `\\${String(byte).padStart(3, '0')}`;
  });
  return `"${escaped.join('')}"`;
}

/** The lines, two columns further in. */
export function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}

/** A chain of branches over the values of a variable. */
export function branches(
  variable: string,
  cases: readonly (readonly [value: string, lines: readonly string[]])[],
): readonly string[] {
  if (cases.length === 0) return [];
  const lines = cases.flatMap(([value, body], index) => [
    `${index === 0 ? 'if' : 'elseif'} ${variable} == ${luaString(value)} then`,
    ...indented(body),
  ]);
  return [...lines, 'end'];
}

/** Edits of the headers of the message at hand. Set is remove and add: right whether or not the header was there. */
export function modifierLines({ set, add, remove }: HeaderModifier): readonly string[] {
  return [
    ...set.flatMap(({ name, value }) => [removeHeader(name), addHeader(name, luaString(value))]),
    ...add.map(({ name, value }) => addHeader(name, luaString(value))),
    ...remove.map(removeHeader),
  ];
}

export function removeHeader(name: string): string {
  return `avi.http.remove_header(${luaString(name)})`;
}

/** `value`: a Lua expression. */
export function addHeader(name: string, value: string): string {
  return `avi.http.add_header(${luaString(name)}, ${value})`;
}
