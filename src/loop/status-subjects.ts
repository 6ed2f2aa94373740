/** Objects whose status has an entry for each Gateway that they concern: routes and policies. */
import { routeKinds, routesOf } from '../routing/route-kinds.ts';
import type { RoutedGateway, RouteKind } from '../routing/result.ts';
import type { Snapshot } from '../routing/snapshot.ts';

export interface Subject {
  readonly kind: RouteKind | 'BackendTLSPolicy';
  /** `namespace/name`. */
  readonly key: string;
}

/** `kind/namespace/name`. */
export function subjectId({ kind, key }: Subject): string {
  return `${kind}/${key}`;
}

export function parseSubject(id: string): Subject {
  const slash = id.indexOf('/');
  return { kind: id.slice(0, slash) as Subject['kind'], key: id.slice(slash + 1) };
}

/** Which subjects concern which Gateways. */
export interface Subjects {
  /** @returns what concerns the Gateway now or did before. */
  relate(gateway: string, routed: RoutedGateway | undefined): readonly Subject[];
  /** Keys of the Gateways that a subject concerns. */
  gatewaysOf(subject: Subject): readonly string[];
}

export function createSubjects(): Subjects {
  const gateways = new Map<string, Set<string>>();
  const subjects = new Map<string, ReadonlyMap<string, Subject>>();
  return {
    relate: (gateway, routed) => {
      const before = subjects.get(gateway) ?? new Map<string, Subject>();
      const after = new Map(subjectsIn(routed).map((subject) => [subjectId(subject), subject]));
      for (const id of before.keys()) if (!after.has(id)) gateways.get(id)?.delete(gateway);
      for (const id of after.keys()) gateways.set(id, (gateways.get(id) ?? new Set<string>()).add(gateway));
      if (after.size > 0) subjects.set(gateway, after);
      else subjects.delete(gateway);
      return [...new Map([...before, ...after]).values()];
    },
    gatewaysOf: (subject) => [...(gateways.get(subjectId(subject)) ?? [])],
  };
}

/** Routes and policies in whose status a controller has written. */
export function* subjectsWithEntriesOf(snapshot: Snapshot, controllerName: string): Iterable<Subject> {
  for (const kind of routeKinds) {
    for (const [key, { status }] of routesOf(snapshot, kind)) {
      if (status?.parents?.some((parent) => parent.controllerName === controllerName)) yield { kind, key };
    }
  }
  for (const [key, { status }] of snapshot.backendTLSPolicies) {
    const isWritten = status?.ancestors?.some((ancestor) => ancestor.controllerName === controllerName);
    if (isWritten) yield { kind: 'BackendTLSPolicy', key };
  }
}

function subjectsIn(routed: RoutedGateway | undefined): readonly Subject[] {
  if (!routed) return [];
  const policies = routed.policies.map(({ key }) => ({ kind: 'BackendTLSPolicy', key }) as const);
  return [...routed.parents.map(({ kind, routeKey }) => ({ kind, key: routeKey })), ...policies];
}
