/**
 * Exact query parameter matches as one regular expression over the raw query string, since Avi has one query condition
 * a rule and no condition on a parameter. Without look-ahead, so that RE2 and PCRE both take it.
 *
 * "If multiple values of a query parameter are present, the first one counts" (HTTPQueryParamMatch): what stands before
 * a match may not be a parameter of that name, which is spelled out as a trie of everything but the names.
 */
import { maxQueryParams } from '../../routing/rules/matches.ts';

/** Characters that clients leave as they are (RFC 3986, unreserved). */
const unreserved = /^[A-Za-z0-9\-._~]$/;
/** Characters that clients may or may not escape; all others are always escaped. */
const optional = /^[!$'()*,/:;?@[\]^`{|}"<>\\]$/;
/** In a value, not in a name, clients may also leave this as it is. */
const optionalInValue = /^=$/;
/** Names with more spellings than this are matched in fewer of them. */
const mostSpellings = 16;

/** A pattern that a query string (without `?`) matches when the first value of each name is the one given. */
export function queryPattern(params: readonly (readonly [name: string, value: string])[]): string {
  if (params.length > maxQueryParams) {
    throw new RangeError(`${params.length} query parameters in one match; at most ${maxQueryParams} can be expressed`);
  }
  const orders = permutations(params).map(inOrder);
  return orders.length === 1 ? `^${orders[0]}` : `^(?:${orders.join('|')})`;
}

/** The parameters in this order, each the first of its name, anything between them. */
function inOrder(params: readonly (readonly [string, string])[]): string {
  const parts = params.map(([name, value], index) => {
    const open = params.slice(index).map(([other]) => other);
    return `(?:${notNamed(open)}&)*${nameChoice(name)}=${valuePattern(value)}`;
  });
  return `${parts.join('&')}(?:&|$)`;
}

/** One parameter, possibly empty, with a name that is none of these. */
function notNamed(names: readonly string[]): string {
  const root: TrieNode = { children: new Map(), isName: false };
  for (const spelling of names.flatMap(spellings)) {
    let node = root;
    for (const token of spelling) {
      const child = node.children.get(token) ?? { children: new Map<string, TrieNode>(), isName: false };
      node.children.set(token, child);
      node = child;
    }
    node.isName = true;
  }
  return anythingBut(root);
}

interface TrieNode {
  /** By the characters that one position accepts: one, or a hex digit in both cases. */
  readonly children: Map<string, TrieNode>;
  isName: boolean;
}

/** The rest of a parameter that leaves the trie; its end is fine too where no name ends. */
function anythingBut(node: TrieNode): string {
  const tokens = [...node.children.keys()];
  const excluded = `${tokens.join('')}&${node.isName ? '=' : ''}`;
  const branches = [
    `[^${[...excluded].map(escapedInClass).join('')}][^&]*`,
    ...[...node.children].map(([token, child]) => `${tokenPattern(token)}${anythingBut(child)}`),
  ];
  return `(?:${branches.join('|')})${node.isName ? '' : '?'}`;
}

function nameChoice(name: string): string {
  const choices = spellings(name).map((spelling) => spelling.map(tokenPattern).join(''));
  return choices.length === 1 ? (choices[0] ?? '') : `(?:${choices.join('|')})`;
}

/** All ways to write a name, each as a list of positions. */
function spellings(name: string): readonly (readonly string[])[] {
  let all: readonly (readonly string[])[] = [[]];
  for (const character of name) {
    const ways = waysToWrite(character, false);
    const used = all.length * ways.length > mostSpellings ? ways.slice(0, 1) : ways;
    all = all.flatMap((start) => used.map((way) => [...start, ...way]));
  }
  return all;
}

function valuePattern(value: string): string {
  return [...value]
    .map((character) => {
      const ways = waysToWrite(character, true).map((way) => way.map(tokenPattern).join(''));
      return ways.length === 1 ? ways[0] : `(?:${ways.join('|')})`;
    })
    .join('');
}

/** Spellings of one character, the usual one first. */
function waysToWrite(character: string, inValue: boolean): readonly (readonly string[])[] {
  if (unreserved.test(character)) return [[character]];
  if (character === ' ') return [['+'], escapedBytes(character)];
  if (optional.test(character) || (inValue && optionalInValue.test(character))) {
    return [[character], escapedBytes(character)];
  }
  return [escapedBytes(character)];
}

/** `%XX` for each byte of the character's UTF-8 form; hex letters in both cases. */
function escapedBytes(character: string): readonly string[] {
  return [...Buffer.from(character)].flatMap((byte) => [
    '%',
    ...[...byte.toString(16).toUpperCase().padStart(2, '0')].map((digit) =>
      digit >= 'A' ? digit + digit.toLowerCase() : digit,
    ),
  ]);
}

function tokenPattern(token: string): string {
  return token.length === 1 ? escaped(token) : `[${token}]`;
}

function escaped(character: string): string {
  return /[\\^$.*+?()[\]{}|]/.test(character) ? `\\${character}` : character;
}

function escapedInClass(character: string): string {
  return /[\\\]^-]/.test(character) ? `\\${character}` : character;
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}
