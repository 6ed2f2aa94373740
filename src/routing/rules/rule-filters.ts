/** The filters of a rule together with those of its backends. */
import { weightOf } from '../backends/backends.ts';
import { drop, value, type Read } from '../backends/dropped.ts';
import { foldFilters, readFilters, type Filters } from './filters.ts';
import type { RuleManifest } from './matches.ts';
import { list } from '../../values/read.ts';
import type { AviName } from '../extensions/avi-settings.ts';
import type { RoutedBackend } from '../result/routed-backend.ts';
import type { RuleMatch } from '../result/routed-match.ts';
import { reasonOf } from '../support.ts';

export type RuleBackend = NonNullable<RuleManifest['backendRefs']>[number];

/** A backendRef, its path as `spec.rules[0].backendRefs[1]`, and what it leads to. */
export interface ReadBackend {
  readonly ref: RuleBackend;
  readonly path: string;
  readonly backend: RoutedBackend;
  /** Objects on the controller that its extensions name. */
  readonly named: readonly AviName[];
  /** References that do not hold and, as AKO has it, mean nothing. */
  readonly ignored: readonly NonNullable<RoutedBackend['invalid']>[];
}

/** Filters of a rule, and its backends with those that are theirs alone. */
export interface RuleFilters {
  readonly rule: Filters;
  readonly backends: readonly RoutedBackend[];
}

/** The filters of backends that get traffic are folded into the rule's where they are all the same. */
export function readRuleFilters(
  manifest: RuleManifest,
  path: string,
  matches: readonly RuleMatch[],
  backends: readonly ReadBackend[],
): Read<RuleFilters> {
  const clash = extensionClash(backends);
  if (clash) return drop(`${clash}.filters`, reasonOf('extensionClash'));
  const own = readFilters(manifest.filters, path, matches);
  if ('dropped' in own) return own;
  const resolved = backends.map(({ backend }) => backend);
  const used = backends.filter(({ ref }) => weightOf(ref) > 0);
  const [first, ...others] = used;
  if (!first || !used.some(({ ref }) => list(ref.filters).length > 0))
    return value({ rule: own.value, backends: resolved });
  if (others.some((other) => filtersOf(other) !== filtersOf(first))) {
    const apart = readOwnFilters(backends, matches);
    return 'dropped' in apart ? apart : value({ rule: own.value, backends: apart.value });
  }
  const folded = readFilters(first.ref.filters, first.path, matches);
  if ('dropped' in folded) return folded;
  const rule = foldFilters(own.value, folded.value, `${first.path}.filters`);
  return 'dropped' in rule ? rule : value({ rule: rule.value, backends: resolved });
}

/** Path of a backendRef whose Service and port another one of the rule serves in another way: both are one pool. */
function extensionClash(backends: readonly ReadBackend[]): string | undefined {
  const known = new Map<string, string>();
  const used = backends.filter(({ backend }) => backend.weight > 0 && !backend.invalid);
  return used.find(({ backend: { namespace, name, port, settings: said } }) => {
    const service = `${namespace}/${name}:${port}`;
    const settings = JSON.stringify(said ?? {});
    const differs = known.has(service) && known.get(service) !== settings;
    known.set(service, settings);
    return differs;
  })?.path;
}

/** Backends with filters that differ: Avi can tell them apart for request headers only, by the pool that it chose. */
function readOwnFilters(
  backends: readonly ReadBackend[],
  matches: readonly RuleMatch[],
): Read<readonly RoutedBackend[]> {
  const filtersByService = new Map<string, string>();
  const read: RoutedBackend[] = [];
  for (const entry of backends) {
    const { ref, path, backend } = entry;
    const isUsed = backend.weight > 0 && !backend.invalid;
    const service = `${backend.namespace}/${backend.name}:${backend.port}`;
    const known = filtersByService.get(service);
    if (isUsed && known !== undefined && known !== filtersOf(entry)) {
      return drop(`${path}.filters`, 'must be those of the other backendRef to the same Service and port');
    }
    if (isUsed) filtersByService.set(service, filtersOf(entry));
    const filters = readFilters(ref.filters, path, matches);
    if ('dropped' in filters) return filters;
    const { requestHeaders, mirrors, ...rest } = filters.value;
    if (isUsed && (Object.keys(rest).length > 0 || mirrors.length > 0)) {
      return drop(`${path}.filters`, reasonOf('backendFilters'));
    }
    read.push(isUsed && requestHeaders ? { ...backend, requestHeaders } : backend);
  }
  return value(read);
}

/** Equal for equal filters. An ExtensionRef makes its backend invalid, whatever else it has. */
function filtersOf({ ref }: ReadBackend): string {
  return JSON.stringify(list(ref.filters).filter((filter) => filter.type !== 'ExtensionRef'));
}
