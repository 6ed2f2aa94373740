/**
 * `useRegex` of a HostRule ("all paths … will be considered as case-insensitive regular expressions"). Which paths are regular
 * expressions an HTTPRoute says itself, by their type; that their case does not count it cannot say.
 */
import type { RoutedRule } from '../result/routed-rule.ts';
import type { RuleMatch } from '../result/routed-match.ts';

/** The rules with regular expressions that match paths in any case; others as they are. */
export function inAnyCase(rules: readonly RoutedRule[]): readonly RoutedRule[] {
  return rules.map((rule) => {
    const { matches } = rule;
    return matches.some(isExpression) ? { ...rule, matches: matches.map(withoutCase) } : rule;
  });
}

/** A GRPCRoute's expressions are the operator's own. */
function isExpression({ path: { type }, grpc }: RuleMatch): boolean {
  return type === 'RegularExpression' && !grpc;
}

function withoutCase(match: RuleMatch): RuleMatch {
  const { type, value } = match.path;
  if (!isExpression(match) || value.startsWith('(?i)')) return match;
  return { ...match, path: { type, value: `(?i)${value}` } };
}
