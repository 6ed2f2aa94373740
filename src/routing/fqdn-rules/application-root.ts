/**
 * `applicationRootPath` of a HostRule ("if the application root path … is exposed on a different path in the backend"): `/` is
 * redirected there, and what a rule serves at exactly `/` it serves at that path instead. Host, query and port stay.
 */
import type { RuleMatch } from '../result/routed-match.ts';
import type { RoutedRule } from '../result/routed-rule.ts';
import { replacementProblem } from '../rules/path-modifier.ts';

/** Why requests cannot be redirected to a path; undefined where they can. */
export function rootProblem(root: string): string | undefined {
  if (root === '/') return 'would lead from / to itself';
  return root.startsWith('/') ? replacementProblem(root) : 'must begin with /';
}

/**
 * @param from which rule says so, as `Kind namespace/name`
 * @returns each rule that forwards requests for `/`, with one that redirects them beside it; others as they are
 */
export function withApplicationRoot(rules: readonly RoutedRule[], root: string, from: string): readonly RoutedRule[] {
  return rules.flatMap((rule) => {
    const asked = rule.action === 'forward' ? rule.matches.filter(meansRoot) : [];
    return asked.length > 0 ? [redirecting(rule, asked, root, from), moved(rule, root)] : [rule];
  });
}

/** Of a regular expression it is not known whether it means `/`, and no gRPC method is there. */
function meansRoot({ path: { type, value }, grpc }: RuleMatch): boolean {
  return value === '/' && type !== 'RegularExpression' && !grpc;
}

/** With the rule's conditions and settings: requests that it would not have served are not redirected either. */
function redirecting(
  { index, settings, settingsFrom }: RoutedRule,
  asked: readonly RuleMatch[],
  root: string,
  from: string,
): RoutedRule {
  return {
    index,
    root: true,
    matches: distinct(asked.map((match) => ({ ...match, path: { type: 'Exact', value: '/' } }))),
    redirect: { path: { type: 'ReplaceFullPath', value: root }, statusCode: 302 },
    ...(settings && { settings }),
    settingsFrom: { ...settingsFrom, applicationRootPath: from },
    action: 'redirect',
    backends: [],
  };
}

function moved(rule: RoutedRule, root: string): RoutedRule {
  const { matches } = rule;
  if (!matches.some((match) => meansRoot(match) && match.path.type === 'Exact')) return rule;
  const elsewhere = matches.map((match): RuleMatch =>
    meansRoot(match) && match.path.type === 'Exact' ? { ...match, path: { type: 'Exact', value: root } } : match,
  );
  return { ...rule, matches: distinct(elsewhere) };
}

function distinct(matches: readonly RuleMatch[]): readonly RuleMatch[] {
  return [...new Map(matches.map((match) => [JSON.stringify(match), match])).values()];
}
