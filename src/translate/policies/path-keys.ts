/**
 * Which child virtual service answers which paths of one host on one port, and what else it must know to answer
 * right: path keys, their owners and lists (path-keys.md section 1; design section 3, items 2 and 3).
 */
import type { Hostname } from '../../values/hostnames.ts';
import { routeHostnames, type Match, type MatchGroup, type RuleRef } from './rule-match.ts';
import { pathIndex, prefixesOf, type PathIndex } from './path-index.ts';

/** Criteria of Avi's PathMatch that we use. */
export type PathCriteria = 'EQUALS' | 'BEGINS_WITH' | 'REGEX_MATCH';

/** A path condition as Avi has it. */
export interface PathCondition {
  readonly criteria: PathCriteria;
  readonly value: string;
}

/** A path key of one host and port: the rule that owns it and the matches that may answer what Avi hands to it. */
export interface PathKey extends PathCondition {
  readonly owner: RuleRef;
  readonly list: readonly RankedMatch[];
}

/** A match with its place among all candidates of the host and port. */
export interface RankedMatch {
  readonly match: Match;
  readonly rank: number;
}

/** Everything about one host on one port. */
export interface HostPort {
  readonly hostname: string;
  readonly port: number;
  readonly keys: readonly PathKey[];
  /** The host's own matches that can win, in order. */
  readonly own: readonly Match[];
  /** All candidates in order, made on demand: own ones, then those of wider and of no hostname. */
  readonly candidates: () => readonly RankedMatch[];
}

/** Candidates of one hostname, most specific first; `own` says whether a group's matches have path keys here. */
export interface Level {
  readonly group: MatchGroup;
  readonly own: boolean;
}

/** Groups hold fewer matches than this, so that a rank is one number: level, then place in the group. */
const groupSpan = 2 ** 32;

/** Path keys of one host and port; undefined when no match is the host's own. `indexOf` must remember its results. */
export function hostPort(
  hostname: string,
  port: number,
  levels: readonly Level[],
  indexOf: (group: MatchGroup) => PathIndex = pathIndex,
): HostPort | undefined {
  const isCounted = countedOnce(levels);
  const { live, dropped } = ownMatches(levels, isCounted);
  if (live.length === 0) return undefined;
  const keys = keysOf(live);
  const usable = countedAndNotDropped(isCounted, dropped);
  const context: KeyContext = { levels, keys, usable, indexOf };
  return {
    hostname,
    port,
    own: live,
    keys: [...keys.values()].map(({ key, matches }) => ({
      ...key,
      owner: ownerOf(matches),
      list: listOf(key, context),
    })),
    candidates: candidatesIn(levels, usable),
  };
}

/** Every match of the levels that can win somewhere in order, each route under its most specific hostname only. */
export function candidatesOf(levels: readonly Level[]): readonly Match[] {
  const isCounted = countedOnce(levels);
  return levels.flatMap(({ group }, level) => group.matches.filter((match) => isCounted(match, level)));
}

/** Path keys of a path match: a prefix is the path itself and everything under it. */
export function keysOfPath(path: Match['path']): readonly PathCondition[] {
  if (path.type === 'Exact') return [{ criteria: 'EQUALS', value: path.value }];
  if (path.type === 'RegularExpression') return [{ criteria: 'REGEX_MATCH', value: path.value }];
  if (path.value === '/') return [{ criteria: 'BEGINS_WITH', value: '/' }];
  return [
    { criteria: 'EQUALS', value: path.value },
    { criteria: 'BEGINS_WITH', value: `${path.value}/` },
  ];
}

/** Whether the match's path accepts every request that the key's condition accepts. */
export function acceptsAll(match: Match, key: PathCondition): boolean {
  const { type, value } = match.path;
  if (key.criteria === 'REGEX_MATCH') {
    return (type === 'PathPrefix' && value === '/') || (type === 'RegularExpression' && value === key.value);
  }
  if (type === 'Exact') return key.criteria === 'EQUALS' && key.value === value;
  if (type === 'RegularExpression') return false;
  if (value === '/' || key.value.startsWith(`${value}/`)) return true;
  return key.criteria === 'EQUALS' && key.value === value;
}

/** Whether both matches of one host and port do the same. */
export function sameAction(a: Match, b: Match): boolean {
  return a.rule === b.rule && a.prefixSegments === b.prefixSegments;
}

type Usable = (match: Match, level: number) => boolean;

// What lives as long as a host does is made apart from what its keys are found with, so that it does not hold that.
function countedAndNotDropped(isCounted: Usable, dropped: ReadonlySet<Match>): Usable {
  return (match, level) => isCounted(match, level) && !dropped.has(match);
}

function candidatesIn(levels: readonly Level[], usable: Usable): HostPort['candidates'] {
  return () =>
    levels.flatMap(({ group }, level) =>
      group.matches.flatMap((match, place) => (usable(match, level) ? [ranked(match, level, place)] : [])),
    );
}

interface KeyContext {
  readonly levels: readonly Level[];
  readonly keys: ReadonlyMap<string, KeyMatches>;
  readonly usable: (match: Match, level: number) => boolean;
  readonly indexOf: (group: MatchGroup) => PathIndex;
}

interface KeyMatches {
  readonly key: PathCondition;
  readonly matches: Match[];
}

function keyId(criteria: PathCriteria, value: string): string {
  return `${criteria} ${value}`;
}

/** Of a route's hostnames the most specific that covers the host counts ("the best that matches"), the others do not. */
function countedOnce(levels: readonly Level[]): (match: Match, level: number) => boolean {
  const hostnames = levels.map(({ group }) => group.hostname);
  return ({ rule: { route } }, level) => {
    if (level === 0 || route.hostnames.length < 2) return true;
    const own: ReadonlySet<Hostname> = routeHostnames(route);
    return !hostnames.slice(0, level).some((hostname) => own.has(hostname));
  };
}

const nothing: ReadonlySet<Match> = new Set();

/** The host's own matches without those that an earlier unconditional one always answers for. */
function ownMatches(levels: readonly Level[], isCounted: (match: Match, level: number) => boolean) {
  const live: Match[] = [];
  const dropped = new Set<Match>();
  const unconditional = new Set<string>();
  const isAnswered = ({ path }: Match) =>
    unconditional.has(`${path.type} ${path.value}`) ||
    (path.type !== 'RegularExpression' &&
      prefixesOf(path.value).some((prefix) => unconditional.has(`PathPrefix ${prefix}`))) ||
    unconditional.has('PathPrefix /');
  for (const [level, { group, own }] of levels.entries()) {
    if (!own) continue;
    for (const match of group.matches) {
      if (!isCounted(match, level)) continue;
      if (isAnswered(match)) {
        dropped.add(match);
        continue;
      }
      live.push(match);
      if (!match.conditional) unconditional.add(`${match.path.type} ${match.path.value}`);
    }
  }
  // The host keeps both: without room for more, and without a set of nothing.
  return { live: live.slice(), dropped: dropped.size > 0 ? dropped : nothing };
}

function keysOf(live: readonly Match[]): ReadonlyMap<string, KeyMatches> {
  const keys = new Map<string, KeyMatches>();
  for (const match of live) {
    for (const key of keysOfPath(match.path)) {
      const id = keyId(key.criteria, key.value);
      const known = keys.get(id);
      if (known) known.matches.push(match);
      else keys.set(id, { key, matches: [match] });
    }
  }
  return keys;
}

/** The unconditional match owns the key, so that a canary beside it moves no virtual service's matches. */
function ownerOf(matches: readonly Match[]): RuleRef {
  const owner = matches.find((match) => !match.conditional) ?? matches[0];
  if (!owner) throw new RangeError('a path key without a match');
  return owner.rule;
}

/** Candidates that may match a request that Avi hands to the key, up to the first that always does. */
function listOf(key: PathCondition, context: KeyContext): readonly RankedMatch[] {
  const list: RankedMatch[] = [];
  for (const [level, { group }] of context.levels.entries()) {
    for (const place of placesFor(key, group, context)) {
      const match = group.matches[place];
      if (!match || !context.usable(match, level)) continue;
      list.push(ranked(match, level, place));
      if (!match.conditional && acceptsAll(match, key)) return folded(list, match);
    }
  }
  return list;
}

/** Entries just before the last that do the same as the last are not needed. */
function folded(list: RankedMatch[], last: Match): readonly RankedMatch[] {
  let start = list.length - 1;
  while (start > 0) {
    const before = list[start - 1];
    if (!before || !sameAction(before.match, last)) break;
    start -= 1;
  }
  list.splice(start, list.length - 1 - start);
  return list;
}

/** Places in the group, ascending, of the matches that may match a request handed to the key. */
function placesFor(key: PathCondition, group: MatchGroup, context: KeyContext): Iterable<number> {
  // Where Avi tries a regular expression among the other criteria is not trusted: it may get any request of the host.
  if (key.criteria === 'REGEX_MATCH') return group.matches.keys();
  if (group.matches.length === 0) return [];
  const index = context.indexOf(group);
  const places = [...index.regularExpressions];
  for (const prefix of prefixesOf(key.value)) places.push(...(index.prefixes.get(prefix) ?? []));
  if (key.criteria === 'EQUALS') places.push(...(index.exact.get(key.value) ?? []));
  else places.push(...placesInside(key, group, index, context.keys));
  return places.sort((a, b) => a - b);
}

/** Matches for paths below a BEGINS_WITH key that have no longer key of their own. */
function placesInside(
  key: PathCondition,
  group: MatchGroup,
  index: PathIndex,
  keys: ReadonlyMap<string, KeyMatches>,
): readonly number[] {
  const id = keyId(key.criteria, key.value);
  return index.below(key.value).filter((place) => {
    const path = group.matches[place]?.path;
    if (!path) return false;
    if (path.type === 'Exact') return handedTo(path.value, keys) === id;
    if (key.value.startsWith(`${path.value}/`) || path.value === '/') return false; // an ancestor, counted already
    return handedTo(path.value, keys) === id || longestBeginsWith(`${path.value}/`, keys) === id;
  });
}

/** The key that Avi hands a request for the path to, regular expressions aside. */
function handedTo(path: string, keys: ReadonlyMap<string, KeyMatches>): string | undefined {
  const equals = keyId('EQUALS', path);
  return keys.has(equals) ? equals : longestBeginsWith(path, keys);
}

/** BEGINS_WITH values always end in a slash. */
function longestBeginsWith(path: string, keys: ReadonlyMap<string, KeyMatches>): string | undefined {
  for (let slash = path.lastIndexOf('/'); slash >= 0; slash = slash === 0 ? -1 : path.lastIndexOf('/', slash - 1)) {
    const id = keyId('BEGINS_WITH', path.slice(0, slash + 1));
    if (keys.has(id)) return id;
  }
  return undefined;
}

function ranked(match: Match, level: number, place: number): RankedMatch {
  return { match, rank: level * groupSpan + place };
}
