/** The one rule of a TLSRoute, TCPRoute or UDPRoute: backends by weight. */
import { resolveBackend, serviceKey, type BackendSources } from './backends.ts';
import { fails, fitMessage } from './conditions.ts';
import { refsResolved } from './listener-tls.ts';
import { list } from './read.ts';
import type { AnyRoute, ConditionDraft, RoutedBackend, RouteKind } from './result.ts';

export interface L4Rules {
  readonly backends: readonly RoutedBackend[];
  readonly resolvedRefs: ConditionDraft;
  /** Keys of the Services that backendRefs name, sorted. */
  readonly services: readonly string[];
}

/** The API has exactly one rule (MaxItems=1). */
export function readL4Rules(kind: RouteKind, route: AnyRoute, namespace: string, sources: BackendSources): L4Rules {
  const refs = list<BackendRefs[number]>(
    list<{ readonly backendRefs?: BackendRefs }>(route.spec?.rules)[0]?.backendRefs,
  );
  const backends = refs.map((ref, index) =>
    resolveBackend(ref, `spec.rules[0].backendRefs[${index}]`, { kind, namespace }, sources),
  );
  const failures = backends.flatMap(({ invalid }) => invalid ?? []);
  const [first] = failures;
  const message = fitMessage(failures.map((failure) => failure.message).join('; '));
  return {
    backends,
    resolvedRefs: first ? fails('ResolvedRefs', first.reason, message) : refsResolved,
    services: [...new Set(refs.flatMap((ref) => serviceKey(ref, namespace) ?? []))].sort(),
  };
}

type BackendRefs = readonly Parameters<typeof resolveBackend>[0][];
