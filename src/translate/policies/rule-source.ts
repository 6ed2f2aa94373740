/** The rules and matches of routed routes, read once for each. */
import type { RoutedRoute } from '../../routing/result/routed-route.ts';
import { ruleOccurrences } from '../naming/name-table.ts';
import { readRoute, type RuleSource } from './rule-match.ts';

/** Routed routes never change, so equal routes give the same value. */
const sources = new WeakMap<RoutedRoute, RuleSource>();

export function ruleSource(route: RoutedRoute): RuleSource {
  const known = sources.get(route) ?? readRoute(route, ruleOccurrences(route));
  sources.set(route, known);
  return known;
}
