/** Header modifiers (httproute_types.go, HTTPHeaderFilter). */
import { drop, value, type Read } from '../backends/dropped.ts';
import { hasControlCharacter, headerNameProblem } from './header-syntax.ts';
import { list, text } from '../../values/read.ts';
import type { HeaderModifier } from '../result/routed-filters.ts';

interface Manifest {
  readonly set?: readonly { readonly name: string; readonly value: string }[];
  readonly add?: readonly { readonly name: string; readonly value: string }[];
  readonly remove?: readonly string[];
}

interface Header {
  readonly name: string;
  readonly value: string;
}

const longestValue = 4096;

/** Headers that say where a message ends; with a wrong one the next message begins elsewhere for the receiver. */
const framing = ['content-length', 'transfer-encoding'];

/** `path` is that of the modifier, as `spec.rules[0].filters[1].requestHeaderModifier`. */
export function readHeaderModifier(manifest: Manifest | undefined, path: string): Read<HeaderModifier> {
  if (manifest == null) return drop(path, 'must be given for a filter of this type');
  const set = readHeaders(manifest.set, `${path}.set`);
  if ('dropped' in set) return set;
  const add = readHeaders(manifest.add, `${path}.add`);
  if ('dropped' in add) return add;
  const remove = readNames(manifest.remove, `${path}.remove`);
  if ('dropped' in remove) return remove;
  const modifier = { set: set.value, add: add.value, remove: remove.value };
  const twice = nameUsedTwice(modifier);
  return twice === undefined ? value(modifier) : drop(path, `has more than one action for header ${twice}`);
}

/** Both modifiers as one, the first applied first; `conflict` when both touch one header. */
export function mergeHeaderModifiers(
  first: HeaderModifier | undefined,
  second: HeaderModifier | undefined,
): HeaderModifier | 'conflict' | undefined {
  if (!first || !second) return first ?? second;
  const merged = {
    set: [...first.set, ...second.set],
    add: [...first.add, ...second.add],
    remove: [...first.remove, ...second.remove],
  };
  return nameUsedTwice(merged) === undefined ? merged : 'conflict';
}

function readHeaders(manifests: readonly Header[] | undefined, path: string): Read<readonly Header[]> {
  const headers = new Map<string, Header>();
  for (const [index, manifest] of list(manifests).entries()) {
    const where = `${path}[${index}]`;
    const name = text(manifest.name) ?? '';
    const problem = modifiedNameProblem(name);
    if (problem) return drop(`${where}.name`, problem);
    const given = text(manifest.value);
    if (given === undefined) return drop(`${where}.value`, 'must be text');
    if (given.length > longestValue)
      return drop(`${where}.value`, `must not be longer than ${longestValue} characters`);
    if (hasControlCharacter(given)) return drop(`${where}.value`, 'must not contain control characters or line ends');
    // "the first entry with an equivalent name MUST be considered"
    const folded = name.toLowerCase();
    if (!headers.has(folded)) headers.set(folded, { name, value: given });
  }
  return value([...headers.values()]);
}

function readNames(manifests: readonly string[] | undefined, path: string): Read<readonly string[]> {
  const names = new Map<string, string>();
  for (const [index, manifest] of list(manifests).entries()) {
    const name = text(manifest) ?? '';
    const problem = modifiedNameProblem(name);
    if (problem) return drop(`${path}[${index}]`, problem);
    if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
  }
  return value([...names.values()]);
}

function modifiedNameProblem(name: string): string | undefined {
  if (framing.includes(name.toLowerCase())) return 'frames the message (RFC 9112 section 6), so it cannot be changed';
  return headerNameProblem(name);
}

/** "Only one action for a given header name is permitted." */
function nameUsedTwice(modifier: HeaderModifier): string | undefined {
  const seen = new Set<string>();
  const names = [...modifier.set, ...modifier.add].map((header) => header.name).concat(modifier.remove);
  return names.find((name) => {
    const folded = name.toLowerCase();
    if (seen.has(folded)) return true;
    seen.add(folded);
    return false;
  });
}
