/** A route's rules under the settings of a host: those that the rules have themselves go first, field by field. */
import { withApplicationRoot } from './application-root.ts';
import { mergePoolSettings, mergeServiceSettings } from '../extensions/merged-settings.ts';
import { withoutFilters } from '../extensions/policy-sets.ts';
import type { PathMatch } from '../result/routed-match.ts';
import type { RoutedBackend, SettingsOrigins } from '../result/routed-backend.ts';
import type { RoutedRule } from '../result/routed-rule.ts';
import type { PathSettings } from './fqdn-read.ts';
import { inAnyCase } from './path-case.ts';
import type { HeldPath, HostSettings } from './host-settings.ts';

interface Applied<T> {
  readonly rules: readonly T[];
  readonly messages: readonly string[];
}

export function applySettings(rules: readonly RoutedRule[], settings: HostSettings): Applied<RoutedRule> {
  const applied = rules.map((rule) => applyToRule(rule, settings));
  const { root, inAnyCase: isInAnyCase } = settings;
  const known = applied.map(({ rule }) => rule);
  const served = isInAnyCase ? inAnyCase(known) : known;
  return {
    rules: root ? withApplicationRoot(served, root.path, root.from) : served,
    messages: applied.flatMap(({ message }) => message ?? []),
  };
}

function applyToRule(
  rule: RoutedRule,
  { service, serviceFrom, overwrites, paths, failure }: HostSettings,
): { readonly rule: RoutedRule; readonly message?: string } {
  if (failure !== undefined) return { rule: failing(rule, failure), message: `answered with 500: ${failure}` };
  const filtered = overwrites && rule.settings?.policySets === undefined ? withoutFilters(rule) : rule;
  const served = Object.keys(service).length > 0 ? withService(filtered, service, serviceFrom) : filtered;
  const path = pathFor(rule, paths);
  if (path === 'mixed') return { rule: served, message: mixed(rule) };
  // Servers that are to be spoken to by TLS, or checked, must not be spoken to without.
  if (path === 'mixedNeeds') return { rule: failing(served), message: `answered with 500: ${mixed(rule)}` };
  if (!path) return { rule: served };
  if (path.failure !== undefined) return { rule: failing(served), message: `answered with 500: ${path.failure}` };
  return { rule: { ...served, backends: served.backends.map((backend) => withPool(backend, path)) } };
}

function withService(rule: RoutedRule, service: HostSettings['service'], from: SettingsOrigins): RoutedRule {
  const settings = mergeServiceSettings([rule.settings ?? {}, service]);
  return { ...rule, settings, settingsFrom: origins(rule, settings, from) };
}

function withPool(backend: RoutedBackend, { pool, from }: HeldPath): RoutedBackend {
  const fields = Object.keys(pool);
  if (fields.length === 0) return backend;
  const settings = mergePoolSettings([backend.settings ?? {}, pool]);
  const all = Object.fromEntries(fields.map((field) => [field, from]));
  return { ...backend, settings, settingsFrom: origins(backend, settings, all) };
}

/** Those of the fields that came in addition. */
function origins(
  { settings: own = {}, settingsFrom }: Pick<RoutedRule | RoutedBackend, 'settings' | 'settingsFrom'>,
  merged: object,
  from: SettingsOrigins,
): SettingsOrigins {
  const added = Object.entries(from).filter(([field]) => field in merged && !(field in own));
  return { ...settingsFrom, ...Object.fromEntries(added) };
}

/** The longest target that all paths of the rule are under ("all paths matching /foo and subsets of /foo/xxx"). */
function pathFor({ matches }: RoutedRule, paths: readonly HeldPath[]): HeldPath | 'mixed' | 'mixedNeeds' | undefined {
  const found = new Set(matches.map(({ path }) => paths.find(({ target }) => isUnder(path, target))));
  if (found.size < 2) return [...found][0];
  return [...found].some((path) => path && isNeeded(path)) ? 'mixedNeeds' : 'mixed';
}

/** Of a regular expression it is not known under which paths it is. */
function isUnder({ type, value }: PathMatch, target: string): boolean {
  if (target === '/') return true;
  return type !== 'RegularExpression' && (value === target || value.startsWith(`${target}/`));
}

function isNeeded({ pool, failure }: PathSettings): boolean {
  return pool.tls !== undefined || failure !== undefined;
}

/** The rule with every request answered by 500, and for `explain` why. */
export function failing({ cors: _, mirrors: __, redirect: ___, ...rule }: RoutedRule, why?: string): RoutedRule {
  return { ...rule, action: 'fail', ...(why !== undefined && { unmet: [...(rule.unmet ?? []), why] }) };
}

function mixed({ index }: RoutedRule): string {
  return `the matches of spec.rules[${index}] are under different paths of HTTPRules, and a rule has one pool for each backend; give them rules of their own`;
}
