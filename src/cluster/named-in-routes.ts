/** What a route names: its parents, Services and extensions. */
import { akoGroup } from '../routing/extensions/extension-kinds.ts';
import type { AnyRoute } from '../routing/result/routed-route.ts';
import { keyOf } from '../routing/snapshot.ts';

type ParentRefs = AnyRoute['spec']['parentRefs'];

const gatewayGroup = 'gateway.networking.k8s.io';

/** Keys of the Gateways or ListenerSets that parentRefs name. @param namespace theirs where a parentRef names none. */
export function refKeys(refs: ParentRefs, kind: 'Gateway' | 'ListenerSet', namespace: string): readonly string[] {
  return (refs ?? [])
    .filter((ref) => (ref.group ?? gatewayGroup) === gatewayGroup && (ref.kind ?? 'Gateway') === kind)
    .map((ref) => keyOf({ namespace: ref.namespace ?? namespace, name: ref.name }));
}

/** Keys of the Services of backendRefs and of RequestMirror filters. */
export function serviceKeys(route: AnyRoute, namespace: string): readonly string[] {
  const rules: readonly RuleRefs[] = route.spec.rules ?? [];
  const backends = rules.flatMap((rule) => rule.backendRefs ?? []);
  const filters = [...rules, ...backends].flatMap((holder) => holder.filters ?? []);
  const mirrored = filters.flatMap((filter) => (filter.requestMirror ? [filter.requestMirror.backendRef] : []));
  return [...backends, ...mirrored]
    .filter((ref) => (ref.group ?? '') === '' && (ref.kind ?? 'Service') === 'Service')
    .map((ref) => keyOf({ namespace: ref.namespace ?? namespace, name: ref.name }));
}

/** Ids of the extensions that filters of rules and of backendRefs refer to, in the route's namespace. */
export function extensionIds(route: AnyRoute, namespace: string): readonly string[] {
  const rules: readonly RuleRefs[] = route.spec.rules ?? [];
  const holders = [...rules, ...rules.flatMap((rule) => rule.backendRefs ?? [])];
  return holders
    .flatMap(({ filters }) => (filters ?? []).flatMap(({ extensionRef }) => extensionRef ?? []))
    .filter(({ group }) => group === akoGroup)
    .map(({ kind, name }) => `${kind}/${keyOf({ namespace, name })}`);
}

interface BackendRef {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
}

/** What rules of all kinds of routes have in common. */
interface RuleRefs {
  readonly filters?: readonly {
    readonly requestMirror?: { readonly backendRef: BackendRef };
    readonly extensionRef?: { readonly group: string; readonly kind: string; readonly name: string };
  }[];
  readonly backendRefs?: readonly (BackendRef & Pick<RuleRefs, 'filters'>)[];
}
