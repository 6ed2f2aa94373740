/**
 * HTTPRoutes and GRPCRoutes on one host of one listener (grpcroute_types.go, `hostnames`): their rules have no common
 * order, so one of the routes is rejected, which is the younger.
 */
import type { Attachment, Withheld } from './attach.ts';
import { fails } from '../conditions.ts';
import { meet, type Hostname } from '../../values/hostnames.ts';
import type { ListenerState } from '../listeners/listeners.ts';
import type { RouteKind } from '../result/routed-route.ts';
import type { AttachingRoute } from './route-index.ts';

interface Claim {
  readonly kind: RouteKind;
  readonly key: string;
  readonly hostnames: readonly string[];
}

/** Judges routes in the order of their precedence: the oldest first, then by `namespace/name`. */
export interface CrossKind {
  /** Takes away the listeners where an earlier route of the other kind has a host of this one's. */
  judge(entry: AttachingRoute, hostnames: readonly string[], attachment: Attachment): Attachment;
  /** Remembers where a route was accepted. */
  record(entry: AttachingRoute, hostnames: readonly string[], listeners: readonly ListenerState[]): void;
}

export function rejectCrossKind(): CrossKind {
  /** By kind, then by the listener's id: most Gateways have routes of one kind only. */
  const claims = new Map<RouteKind, Map<string, Claim[]>>();
  const rivalOf = (entry: AttachingRoute, hostnames: readonly string[], { spec }: ListenerState): Claim | undefined => {
    const rivals = [...claims].flatMap(([kind, known]) => (kind === entry.kind ? [] : (known.get(spec.id) ?? [])));
    if (rivals.length === 0) return undefined;
    const own = hostsOn(spec.hostname, hostnames);
    return rivals.find((rival) =>
      hostsOn(spec.hostname, rival.hostnames).some((host) => own.some((mine) => meet(host, mine) !== false)),
    );
  };
  return {
    judge: (entry, hostnames, attachment) => {
      if (!isHttp(entry.kind) || 'refusal' in attachment) return attachment;
      const listeners: ListenerState[] = [];
      const withheld: Withheld[] = [];
      for (const one of attachment.listeners) {
        const rival = rivalOf(entry, hostnames, one);
        if (rival) withheld.push({ listener: one.spec.id, message: lostTo(rival) });
        else listeners.push(one);
      }
      const [first] = withheld;
      if (!first) return attachment;
      if (listeners.length > 0) return { listeners, withheld };
      return { refusal: fails('Accepted', 'HostnameConflict', first.message) };
    },
    record: (entry, hostnames, listeners) => {
      if (!isHttp(entry.kind)) return;
      const ofKind = claims.get(entry.kind) ?? new Map<string, Claim[]>();
      claims.set(entry.kind, ofKind);
      const claim = { kind: entry.kind, key: entry.key, hostnames };
      for (const { spec } of listeners) {
        const known = ofKind.get(spec.id);
        if (known) known.push(claim);
        else ofKind.set(spec.id, [claim]);
      }
    },
  };
}

function lostTo({ kind, key }: Claim): string {
  return `${kind} ${key} is older, or first by name, and has hostnames of this route on the listener`;
}

function isHttp(kind: RouteKind): boolean {
  return kind === 'HTTPRoute' || kind === 'GRPCRoute';
}

function hostsOn(listener: Hostname, hostnames: readonly string[]): readonly Hostname[] {
  if (hostnames.length === 0) return [listener];
  return hostnames.flatMap((hostname) => {
    const met = meet(listener, hostname);
    return met === false ? [] : [met];
  });
}
