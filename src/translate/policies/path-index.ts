/** Finds the matches of a group by path without looking at all of them. */
import type { MatchGroup } from './rule-match.ts';

/** Places of a group's matches, each list ascending. */
export interface PathIndex {
  readonly exact: ReadonlyMap<string, readonly number[]>;
  /** By prefix without trailing slash. */
  readonly prefixes: ReadonlyMap<string, readonly number[]>;
  readonly regularExpressions: readonly number[];
  /** Exact and prefix matches whose path (a prefix with a slash at its end) starts with the text; in no order. */
  readonly below: (start: string) => readonly number[];
}

/** Makes the index; the part for `below` when it is first asked for. */
export function pathIndex(group: MatchGroup): PathIndex {
  const exact = new Map<string, number[]>();
  const prefixes = new Map<string, number[]>();
  const regularExpressions: number[] = [];
  for (const [place, { path }] of group.matches.entries()) {
    if (path.type === 'RegularExpression') regularExpressions.push(place);
    else add(path.type === 'Exact' ? exact : prefixes, path.value, place);
  }
  let sorted: readonly (readonly [string, number])[] | undefined;
  const below = (start: string) => {
    sorted ??= sortedPaths(group);
    return range(sorted, start);
  };
  return { exact, prefixes, regularExpressions, below };
}

/** Remembers the index of each group. */
export function rememberedPathIndex(): (group: MatchGroup) => PathIndex {
  const known = new Map<MatchGroup, PathIndex>();
  return (group) => {
    const index = known.get(group) ?? pathIndex(group);
    known.set(group, index);
    return index;
  };
}

/**
 * Values of the prefix matches that accept the path, longest first: the path itself and what stands before each of its
 * slashes. For `/a/` that is `/a` and `/`, for `/a/b` it is `/a/b`, `/a` and `/`.
 */
export function prefixesOf(path: string): readonly string[] {
  const prefixes = path.endsWith('/') ? [] : [path];
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    const prefix = path.slice(0, slash);
    if (!prefix.endsWith('/')) prefixes.push(prefix);
  }
  return [...prefixes, '/'];
}

function sortedPaths(group: MatchGroup): readonly (readonly [string, number])[] {
  const paths: [string, number][] = [];
  for (const [place, { path }] of group.matches.entries()) {
    if (path.type === 'Exact') paths.push([path.value, place]);
    else if (path.type === 'PathPrefix') paths.push([path.value === '/' ? '/' : `${path.value}/`, place]);
  }
  return paths.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
}

function range(sorted: readonly (readonly [string, number])[], start: string): readonly number[] {
  const places: number[] = [];
  for (let index = firstFrom(sorted, start); index < sorted.length; index += 1) {
    const entry = sorted[index];
    if (!entry?.[0].startsWith(start)) break;
    places.push(entry[1]);
  }
  return places;
}

/** Index of the first entry that is not before the text. */
function firstFrom(sorted: readonly (readonly [string, number])[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.[0] ?? '') < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

function add(map: Map<string, number[]>, key: string, place: number): void {
  const known = map.get(key);
  if (known) known.push(place);
  else map.set(key, [place]);
}
