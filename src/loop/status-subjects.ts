/** Objects whose status has an entry for each Gateway that they concern: routes and policies. */
import type { AviBackendPolicy, AviFrontendPolicy } from '../../generated/extensions.ts';
import type { BackendTLSPolicy } from '../../generated/gateway-api.ts';
import { policyKinds } from '../routing/policies/policy-index.ts';
import type { PolicyStatusKind } from '../status/compute.ts';
import { routeKinds, routesOf } from '../routing/routes/route-kinds.ts';
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import type { RouteKind } from '../routing/result/routed-route.ts';
import type { Snapshot } from '../routing/snapshot.ts';

export interface Subject {
  readonly kind: RouteKind | PolicyStatusKind;
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

export const policyStatusKinds: readonly PolicyStatusKind[] = ['BackendTLSPolicy', ...policyKinds];

export function isPolicySubject(subject: Subject): subject is Subject & { readonly kind: PolicyStatusKind } {
  return policyStatusKinds.some((kind) => kind === subject.kind);
}

/** Policies of a kind by `namespace/name`. */
export function policiesOf(
  { backendTLSPolicies, extensions }: Snapshot,
  kind: PolicyStatusKind,
): ReadonlyMap<string, BackendTLSPolicy | AviBackendPolicy | AviFrontendPolicy> {
  return kind === 'BackendTLSPolicy' ? backendTLSPolicies : extensions[kind];
}

/** Which subjects concern which Gateways. */
export interface Subjects {
  /** @returns what concerns the Gateway now or did before. */
  relate(gateway: string, routed: RoutedGateway | undefined): readonly Subject[];
  /** Keys of the Gateways that a subject concerns. */
  gatewaysOf(subject: Subject): readonly string[];
}

export function createSubjects(): Subjects {
  const known = new Map<Subject['kind'], Map<string, Concerned>>();
  const ofGateway = new Map<string, Related>();

  const concerned = (kind: Subject['kind'], key: string): Concerned => {
    const ofKind = known.get(kind) ?? new Map<string, Concerned>();
    known.set(kind, ofKind);
    const found = ofKind.get(key) ?? { kind, key, gateways: [] };
    ofKind.set(key, found);
    return found;
  };
  const forget = (subject: Concerned, gateway: string): void => {
    subject.gateways = subject.gateways.filter((other) => other !== gateway);
    if (subject.gateways.length === 0) known.get(subject.kind)?.delete(subject.key);
  };

  return {
    relate: (gateway, routed) => {
      const before = ofGateway.get(gateway);
      if (routed && before?.routed === routed) return [...before.subjects];
      const subjects = new Set<Concerned>();
      for (const { kind, routeKey } of routed?.parents ?? []) subjects.add(concerned(kind, routeKey));
      for (const { key } of routed?.policies ?? []) subjects.add(concerned('BackendTLSPolicy', key));
      for (const { kind, key } of routed?.aviPolicies ?? []) subjects.add(concerned(kind, key));
      const left = [...(before?.subjects ?? [])].filter((subject) => !subjects.has(subject));
      for (const subject of left) forget(subject, gateway);
      for (const subject of subjects) {
        if (!subject.gateways.includes(gateway)) subject.gateways = [...subject.gateways, gateway];
      }
      if (routed && subjects.size > 0) ofGateway.set(gateway, { routed, subjects });
      else ofGateway.delete(gateway);
      return [...subjects, ...left];
    },
    gatewaysOf: ({ kind, key }) => known.get(kind)?.get(key)?.gateways ?? [],
  };
}

/** A subject as long as it concerns a Gateway. */
interface Concerned extends Subject {
  gateways: readonly string[];
}

interface Related {
  readonly routed: RoutedGateway;
  readonly subjects: ReadonlySet<Concerned>;
}

/** Routes and policies in whose status a controller has written. */
export function* subjectsWithEntriesOf(snapshot: Snapshot, controllerName: string): Iterable<Subject> {
  for (const kind of routeKinds) {
    for (const [key, { status }] of routesOf(snapshot, kind)) {
      if (status?.parents?.some((parent) => parent.controllerName === controllerName)) yield { kind, key };
    }
  }
  for (const kind of policyStatusKinds) {
    for (const [key, { status }] of policiesOf(snapshot, kind)) {
      const isWritten = status?.ancestors?.some((ancestor) => ancestor.controllerName === controllerName);
      if (isWritten) yield { kind, key };
    }
  }
}
