/** The one rule of a TLSRoute, TCPRoute or UDPRoute: backends by weight. */
import { resolveBackend, serviceKey, type BackendSources } from '../backends/backends.ts';
import { fails, fitMessage } from '../conditions.ts';
import { refsResolved } from '../listeners/listener-tls.ts';
import { withoutHttpSettings, withPoolPolicies } from '../policies/apply.ts';
import { list, text } from '../../values/read.ts';
import type { AnyRoute, RouteKind } from '../result/routed-route.ts';
import type { AviName } from '../extensions/avi-settings.ts';
import type { ConditionDraft } from '../result/findings.ts';
import type { RoutedBackend } from '../result/routed-backend.ts';

export interface L4Rules {
  /** As bytes or the client's TLS are passed on. */
  readonly backends: readonly RoutedBackend[];
  /** As they are reached where the Gateway ends the client's TLS: with that of their BackendTLSPolicies. */
  readonly secured: readonly RoutedBackend[];
  /** Objects on the controller that the rule depends on by name. */
  readonly named: readonly AviName[];
  readonly resolvedRefs: ConditionDraft;
  /** Keys of the Services that backendRefs name, sorted. */
  readonly services: readonly string[];
}

/** The API has exactly one rule (MaxItems=1). */
export function readL4Rules(kind: RouteKind, route: AnyRoute, namespace: string, sources: BackendSources): L4Rules {
  const refs = list<BackendRefs[number]>(
    list<{ readonly backendRefs?: BackendRefs }>(route.spec?.rules)[0]?.backendRefs,
  );
  const rule = list<{ readonly name?: string }>(route.spec?.rules)[0];
  const name = route.metadata?.name ?? '';
  const target = { route: `${kind}/${namespace}/${name}`, ruleName: text(rule?.name) };
  const named: AviName[] = [];
  const resolve = (secures: boolean) =>
    refs.map((ref, index) => {
      const path = `spec.rules[0].backendRefs[${index}]`;
      const found = resolveBackend(ref, path, { kind, namespace, name, secures }, sources);
      const applied = withPoolPolicies(found, path, target, sources.aviPolicies, sources.snapshot.services);
      named.push(...applied.named);
      return withoutHttpSettings(applied.backend, path);
    });
  const backends = resolve(false);
  const failures = backends.flatMap(({ invalid, unserved }) => invalid ?? unserved ?? []);
  const [first] = failures;
  const message = fitMessage(failures.map((failure) => failure.message).join('; '));
  return {
    backends,
    secured: kind === 'TLSRoute' ? resolve(true) : backends,
    named,
    resolvedRefs: first ? fails('ResolvedRefs', first.reason, message) : refsResolved,
    services: [...new Set(refs.flatMap((ref) => serviceKey(ref, namespace) ?? []))].sort(),
  };
}

type BackendRefs = readonly Parameters<typeof resolveBackend>[0][];
