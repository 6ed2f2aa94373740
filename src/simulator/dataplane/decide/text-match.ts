import { RE2JS } from 're2js';
import { errorMessage } from '../http/errors.ts';

/** A compiled list of values, ORed; with what could not be compiled. */
export interface TextMatch {
  readonly test: (value: string) => boolean;
  /** Groups of the first pattern that matches, for URI tokens of type REGEX. */
  readonly captures: (value: string) => readonly string[];
  /** Not empty: the criterion cannot be evaluated, and the rule that has it never matches. */
  readonly problems: readonly string[];
}

export interface TextCriterion {
  readonly kind: 'BEGINS_WITH' | 'CONTAINS' | 'ENDS_WITH' | 'EQUALS' | 'REGEX';
  readonly negated: boolean;
}

const CRITERIA: Readonly<Record<string, TextCriterion>> = {
  BEGINS_WITH: { kind: 'BEGINS_WITH', negated: false },
  DOES_NOT_BEGIN_WITH: { kind: 'BEGINS_WITH', negated: true },
  CONTAINS: { kind: 'CONTAINS', negated: false },
  DOES_NOT_CONTAIN: { kind: 'CONTAINS', negated: true },
  ENDS_WITH: { kind: 'ENDS_WITH', negated: false },
  DOES_NOT_END_WITH: { kind: 'ENDS_WITH', negated: true },
  EQUALS: { kind: 'EQUALS', negated: false },
  DOES_NOT_EQUAL: { kind: 'EQUALS', negated: true },
  REGEX_MATCH: { kind: 'REGEX', negated: false },
  REGEX_DOES_NOT_MATCH: { kind: 'REGEX', negated: true },
};

/** `BEGINS_WITH`, `HDR_DOES_NOT_CONTAIN`, `QUERY_MATCH_REGEX_MATCH` … → kind and sign; undefined for EXISTS and unknown ones. */
export function textCriterion(criteria: string | undefined): TextCriterion | undefined {
  const name = criteria?.replace(/^(?:HDR_|QUERY_MATCH_)/, '') ?? '';
  return Object.hasOwn(CRITERIA, name) ? CRITERIA[name] : undefined;
}

const NO_CAPTURES = (): readonly string[] => [];
const NEVER = (): boolean => false;

/** Compiles values under one criterion. Regular expressions run in RE2, so no pattern can hang a request. */
export function compileTextMatch(
  criterion: TextCriterion,
  values: readonly string[],
  caseSensitive: boolean,
): TextMatch {
  if (criterion.kind === 'REGEX') return compileRegexes(values, caseSensitive, criterion.negated);
  const wanted = caseSensitive ? values : values.map((value) => value.toLowerCase());
  const holds = comparison(criterion.kind, wanted);
  const test = (value: string): boolean => holds(caseSensitive ? value : value.toLowerCase()) !== criterion.negated;
  return { test, captures: NO_CAPTURES, problems: [] };
}

function comparison(kind: TextCriterion['kind'], wanted: readonly string[]): (value: string) => boolean {
  if (kind === 'EQUALS') {
    const set = new Set(wanted);
    return (value) => set.has(value);
  }
  if (kind === 'BEGINS_WITH') return (value) => wanted.some((item) => value.startsWith(item));
  if (kind === 'ENDS_WITH') return (value) => wanted.some((item) => value.endsWith(item));
  return (value) => wanted.some((item) => value.includes(item));
}

function compileRegexes(values: readonly string[], caseSensitive: boolean, negated: boolean): TextMatch {
  const patterns: RE2JS[] = [];
  const problems: string[] = [];
  for (const value of values) {
    try {
      patterns.push(RE2JS.compile(value, caseSensitive ? 0 : RE2JS.CASE_INSENSITIVE));
    } catch (error) {
      problems.push(`regular expression ${JSON.stringify(value)}: ${errorMessage(error)}`);
    }
  }
  if (problems.length > 0) return { test: NEVER, captures: NO_CAPTURES, problems };
  return {
    test: (value) => patterns.some((pattern) => pattern.matcher(value).find()) !== negated,
    captures: (value) => captures(patterns, value),
    problems,
  };
}

function captures(patterns: readonly RE2JS[], value: string): readonly string[] {
  for (const pattern of patterns) {
    const matcher = pattern.matcher(value);
    if (!matcher.find()) continue;
    return Array.from({ length: matcher.groupCount() }, (_, index) => matcher.group(index + 1) ?? '');
  }
  return [];
}
