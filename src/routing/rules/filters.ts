/** The filters of a rule or of a backendRef, as far as Avi expresses them. */
import { readCors } from './cors.ts';
import { drop, value, type Read } from '../backends/dropped.ts';
import { mergeHeaderModifiers, readHeaderModifier } from './header-modifier.ts';
import type { RuleManifest } from './matches.ts';
import { readMirror, type MirrorManifest } from './mirrors.ts';
import { readRedirect, readRewrite } from './path-modifier.ts';
import { list } from '../../values/read.ts';
import type { Cors, HeaderModifier, Redirect, Rewrite } from '../result/routed-filters.ts';
import type { RuleMatch } from '../result/routed-match.ts';
import { reasonOf, type FeatureKey } from '../support.ts';

type FilterManifest = NonNullable<RuleManifest['filters']>[number];

export interface Filters {
  readonly requestHeaders?: HeaderModifier;
  readonly responseHeaders?: HeaderModifier;
  readonly redirect?: Redirect;
  readonly rewrite?: Rewrite;
  readonly cors?: Cors;
  readonly mirrors: readonly MirrorManifest[];
}

/** Filters that a rule may hold once only. */
const single = ['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite', 'CORS'];

/** Filters that are not expressed, with their field and the row of the support table. */
const unsupported: Readonly<Record<string, { readonly field: string; readonly feature: FeatureKey }>> = {
  ExternalAuth: { field: 'externalAuth', feature: 'externalAuth' },
};

/** `path` is that of the holder, as `spec.rules[0]` or `spec.rules[0].backendRefs[1]`. */
export function readFilters(
  manifests: readonly FilterManifest[] | undefined,
  path: string,
  matches: readonly RuleMatch[],
): Read<Filters> {
  const seen = new Set<string>();
  let filters: Filters = { mirrors: [] };
  for (const [index, filter] of list(manifests).entries()) {
    const where = `${path}.filters[${index}]`;
    const type: string = filter.type;
    if (seen.has(type) && single.includes(type)) return drop(where, `${type} cannot be repeated`);
    seen.add(type);
    const next = readFilter(filters, filter, where, matches);
    if ('dropped' in next) return next;
    filters = next.value;
  }
  if (filters.redirect && filters.rewrite) {
    return drop(`${path}.filters`, 'RequestRedirect and URLRewrite cannot be combined');
  }
  return value(filters);
}

function readFilter(
  filters: Filters,
  filter: FilterManifest,
  where: string,
  matches: readonly RuleMatch[],
): Read<Filters> {
  switch (filter.type) {
    case 'RequestHeaderModifier':
      return extend(readHeaderModifier(filter.requestHeaderModifier, `${where}.requestHeaderModifier`), (modifier) => ({
        ...filters,
        requestHeaders: modifier,
      }));
    case 'ResponseHeaderModifier':
      return extend(
        readHeaderModifier(filter.responseHeaderModifier, `${where}.responseHeaderModifier`),
        (modifier) => ({
          ...filters,
          responseHeaders: modifier,
        }),
      );
    case 'RequestRedirect':
      return extend(readRedirect(filter, where, matches), (redirect) => ({ ...filters, redirect }));
    case 'URLRewrite':
      return extend(readRewrite(filter, where, matches), (rewrite) => ({ ...filters, rewrite }));
    case 'CORS':
      return extend(readCors(filter.cors, where), (cors) => ({ ...filters, cors }));
    case 'RequestMirror':
      return extend(readMirror(filter.requestMirror, where), (mirror) => ({
        ...filters,
        mirrors: [...filters.mirrors, mirror],
      }));
    // Read elsewhere.
    case 'ExtensionRef':
      return value(filters);
    default: {
      const row = Object.hasOwn(unsupported, filter.type) ? unsupported[filter.type] : undefined;
      return row
        ? drop(`${where}.${row.field}`, reasonOf(row.feature))
        : drop(`${where}.type`, reasonOf('unknownValue'));
    }
  }
}

function extend<T>(read: Read<T>, build: (read: T) => Filters): Read<Filters> {
  return 'dropped' in read ? read : value(build(read.value));
}

/**
 * A rule's filters with those of its backends folded in, which is right when all backends that get traffic have the
 * same ones. The rule's come first.
 */
export function foldFilters(rule: Filters, backend: Filters, path: string): Read<Filters> {
  const requestHeaders = mergeHeaderModifiers(rule.requestHeaders, backend.requestHeaders);
  const responseHeaders = mergeHeaderModifiers(rule.responseHeaders, backend.responseHeaders);
  if (requestHeaders === 'conflict' || responseHeaders === 'conflict') {
    return drop(path, 'changes a header that a filter of the rule changes too');
  }
  if (backend.redirect) return drop(path, 'RequestRedirect can only be a filter of the rule');
  if (backend.cors) return drop(path, 'CORS can only be a filter of the rule');
  const rewrite = mergeRewrites(rule.rewrite, backend.rewrite);
  if (rewrite === 'conflict') return drop(path, 'rewrites what a filter of the rule rewrites too');
  return value({
    ...rule,
    ...(requestHeaders && { requestHeaders }),
    ...(responseHeaders && { responseHeaders }),
    ...(rewrite && { rewrite }),
    mirrors: [...rule.mirrors, ...backend.mirrors],
  });
}

function mergeRewrites(first: Rewrite | undefined, second: Rewrite | undefined): Rewrite | 'conflict' | undefined {
  if (!first || !second) return first ?? second;
  const conflict = (first.hostname && second.hostname) || (first.path && second.path);
  return conflict ? 'conflict' : { ...first, ...second };
}
