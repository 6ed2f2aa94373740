/** Which policies may concern a Gateway. */
import type { ListenerState } from '../listeners/listeners.ts';
import { list } from '../../values/read.ts';
import type { RoutedParent } from '../result/routed-route.ts';
import type { Snapshot } from '../snapshot.ts';
import { policiesOn } from './policy-index.ts';
import { sectionNames, type Reach } from './routed-policies.ts';

/** Policies of the Gateway, its listeners and ListenerSets. Which routes they touch is not looked at. */
export function listenerPolicies(
  { extensions }: Pick<Snapshot, 'extensions'>,
  gatewayKey: string,
  listeners: readonly ListenerState[],
): readonly unknown[] {
  const sets = new Set(listeners.flatMap(({ spec }) => spec.set ?? []));
  const ids = [`Gateway/${gatewayKey}`, ...[...sets].map((set) => `ListenerSet/${set}`)];
  return ids.flatMap((id) => policiesOn(extensions, 'AviFrontendPolicy', id));
}

/** What of the Gateway policies may target. */
export function policyReach(
  gatewayKey: string,
  listeners: readonly ListenerState[],
  { parents, services }: { readonly parents: readonly RoutedParent[]; readonly services: readonly string[] },
  snapshot: Pick<Snapshot, 'services'>,
): Reach {
  const routes = new Map(parents.map(({ kind, routeKey, route }) => [`${kind}/${routeKey}`, route]));
  const sets = new Set(listeners.flatMap(({ spec }) => spec.set ?? []));
  const setIds = [...sets].map((set) => `ListenerSet/${set}`);
  const serviceIds = services.map((key) => `Service/${key}`);
  return {
    ids: [`Gateway/${gatewayKey}`, ...setIds, ...routes.keys(), ...serviceIds],
    sections: (id) => {
      const key = id.slice(id.indexOf('/') + 1);
      if (id.startsWith('Service/')) return sectionNames(snapshot.services.get(key)?.spec?.ports);
      const route = routes.get(id);
      if (route) return sectionNames(list<{ readonly name?: string }>(route.spec?.rules));
      const set = id.startsWith('ListenerSet/') ? key : undefined;
      return listeners.filter(({ spec }) => spec.set === set).map(({ spec }) => spec.name);
    },
  };
}
