/** Which listener of a Gateway takes a request, and why the others do not. */
import { compareSpecificity, matches } from '../values/hostnames.ts';
import { listenerId, type RoutedListener } from '../routing/result/routed-listener.ts';
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import type { ExplainedRequest } from './request.ts';

/** One listener, judged. */
export interface ListenerVerdict {
  /** As `listenerId`. */
  readonly listener: string;
  readonly port: number;
  readonly protocol: string;
  readonly hostname?: string;
  readonly takes: boolean;
  /** Why it does not take the request; empty for the one that does. */
  readonly reason: string;
}

const protocols: Readonly<Record<ExplainedRequest['scheme'], readonly string[]>> = {
  http: ['HTTP'],
  https: ['HTTPS', 'TLS'],
  tcp: ['TCP'],
  udp: ['UDP'],
  tls: ['TLS'],
};

/**
 * "A request MUST match at most one listener": of those that serve the port and protocol, the one with the most specific
 * hostname. All verdicts, in the Gateway's order.
 */
export function judgeListeners(routed: RoutedGateway, request: ExplainedRequest): readonly ListenerVerdict[] {
  const fitting = routed.listeners.filter((listener) => misfit(listener, request) === undefined);
  const [chosen] = fitting.toSorted((a, b) => compareSpecificity(a.hostname, b.hostname));
  return routed.listeners.map((listener) => ({
    listener: listenerId(listener),
    port: listener.port,
    protocol: listener.protocol,
    ...(listener.hostname !== undefined && { hostname: listener.hostname }),
    takes: listener === chosen,
    reason:
      listener === chosen
        ? ''
        : (misfit(listener, request) ?? `listener ${chosen ? listenerId(chosen) : ''} has the more specific hostname`),
  }));
}

function misfit(listener: RoutedListener, { scheme, host, port }: ExplainedRequest): string | undefined {
  if (listener.port !== port) return `its port is ${listener.port}`;
  if (!protocols[scheme].includes(listener.protocol)) return `its protocol is ${listener.protocol}, not for ${scheme}`;
  if (!listener.serving) return `it does not serve: ${whyNotServing(listener)}`;
  if (isNamed(scheme) && !matches(listener.hostname, host)) return `its hostname is ${listener.hostname ?? ''}`;
  return undefined;
}

/** Connections of TCP and UDP carry no name. */
function isNamed(scheme: ExplainedRequest['scheme']): boolean {
  return scheme !== 'tcp' && scheme !== 'udp';
}

function whyNotServing({ conditions }: RoutedListener): string {
  const bad = conditions.filter(({ type, status }) =>
    type === 'Conflicted' || type === 'OverlappingTLSConfig' ? status === 'True' : status === 'False',
  );
  return bad.map(({ type, reason, message }) => `${type} ${reason}: ${message}`).join('; ') || 'no condition says why';
}
