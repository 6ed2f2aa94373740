/**
 * What HostRules say of TLS. It is of listeners: their virtual service shows the certificates and has one SSL profile, so a
 * HostRule has a say only where the listeners are of its own namespace.
 */
import type { HostRule } from '../../../generated/extensions.ts';
import { meet, type Hostname } from '../../values/hostnames.ts';
import { splitKey } from '../../values/read.ts';
import type { AviName } from '../extensions/avi-settings.ts';
import { listenerId, type RoutedListener } from '../result/routed-listener.ts';
import type { RoutedRoute } from '../result/routed-route.ts';

type VirtualHost = HostRule['spec']['virtualhost'];
type Tls = NonNullable<VirtualHost['tls']>;

/** Names of what the controller has. */
export interface HostTls {
  /** Shown to clients that ask for the host; each once. */
  readonly certificates: readonly string[];
  readonly sslProfile?: string;
}

/** What a HostRule says, and which one does, as `HostRule namespace/name`. */
export interface SaidTls extends HostTls {
  readonly from: string;
}

/** What is asked of a listener. */
export type TlsListener = Pick<RoutedListener, 'name' | 'set' | 'hostname' | 'protocol' | 'serving'>;

export interface FoundTls {
  /** Of the Gateway's HTTPS listeners; absent where nothing is said. */
  readonly hostTls?: HostTls;
  /** What routes cannot be given, each once. */
  readonly messages: readonly { readonly route: RoutedRoute; readonly message: string }[];
}

export interface TlsScope {
  readonly listeners: readonly TlsListener[];
  /** Namespace of the Gateway. */
  readonly namespace: string;
  /** What decides the SSL profile before any HostRule; absent where nothing does. */
  readonly decidedBy?: string;
}

/** Certificates that are Secrets are for listeners to name. */
export function readHostTls({ sslKeyCertificate, sslProfile }: Tls): HostTls {
  const { alternateCertificate: alternate } = sslKeyCertificate;
  const asked = [sslKeyCertificate, ...(alternate ? [alternate] : [])];
  return {
    certificates: [...new Set(asked.filter(({ type }) => type === 'ref').map(({ name }) => name))],
    ...(sslProfile && { sslProfile }),
  };
}

/**
 * Why fields do not hold.
 *
 * @param secure hostnames of the HTTPS listeners of the HostRule's namespace
 */
export function refusedTls({ tls, fqdn, fqdnType }: VirtualHost, secure: readonly Hostname[]): readonly string[] {
  if (!tls) return [];
  const { type, alternateCertificate } = tls.sslKeyCertificate;
  const field = 'spec.virtualhost.tls';
  const secrets = [
    ...(type === 'secret' ? ['sslKeyCertificate'] : []),
    ...(alternateCertificate?.type === 'secret' ? ['sslKeyCertificate.alternateCertificate'] : []),
  ];
  const isServed = secure.some(
    (hostname) => (fqdnType ?? 'Exact') !== 'Exact' || meet(hostname, fqdn.toLowerCase()) !== false,
  );
  return [
    ...secrets.map((name) => `${field}.${name}: a Secret is for tls.certificateRefs of the listener; type ref works`),
    ...(isServed
      ? []
      : [
          `${field}: is of HTTPS listeners, and none of this namespace has the host; use tls.certificateRefs and tls.options of the listener`,
        ]),
  ];
}

export function namedByTls({ certificates, sslProfile }: HostTls): readonly AviName[] {
  return [
    ...certificates.map((name) => ({ type: 'sslkeyandcertificate', name }) as const),
    ...(sslProfile === undefined ? [] : [{ type: 'sslprofile', name: sslProfile } as const]),
  ];
}

/** @param said what is said for a host of the routes of a namespace */
export function findHostTls(
  routes: readonly RoutedRoute[],
  said: (namespace: string, host: string) => SaidTls | undefined,
  scope: TlsScope,
): FoundTls {
  const certificates = new Set<string>();
  const messages = new Map<string, { readonly route: RoutedRoute; readonly message: string }>();
  let profile: { readonly name: string; readonly from: string } | undefined;
  for (const { route, host, listeners } of routes.flatMap((one) => hostsOf(one, scope.listeners))) {
    const tls = said(route.namespace, host);
    if (!tls) continue;
    const say = (field: string, why: string): void => {
      const message = `spec.virtualhost.tls.${field} of ${tls.from} does not hold for ${host}: ${why}`;
      messages.set(`${route.kind}/${route.namespace}/${route.name} ${message}`, { route, message });
    };
    const secure = listeners.filter(({ protocol }) => protocol === 'HTTPS');
    if (secure.length === 0) {
      say('sslKeyCertificate', 'it has no HTTPS listener');
      continue;
    }
    if (!secure.some((listener) => ownerOf(listener, scope) === route.namespace)) {
      say('sslKeyCertificate', 'its HTTPS listeners are of another namespace, which names their certificates');
      continue;
    }
    for (const name of tls.certificates) certificates.add(name);
    if (tls.sslProfile === undefined) continue;
    const refusal = refusalOf(tls.sslProfile, route, scope, profile);
    if (refusal !== undefined) say('sslProfile', refusal);
    else profile ??= { name: tls.sslProfile, from: tls.from };
  }
  const isSaid = certificates.size > 0 || profile;
  return {
    ...(isSaid && {
      hostTls: { certificates: [...certificates].sort(), ...(profile && { sslProfile: profile.name }) },
    }),
    messages: [...messages.values()],
  };
}

/** Why it is not the SSL profile of the HTTPS listeners, of which there is one; undefined where it may be. */
function refusalOf(
  name: string,
  route: RoutedRoute,
  scope: TlsScope,
  earlier: { readonly name: string; readonly from: string } | undefined,
): string | undefined {
  const first = scope.listeners.find(({ protocol, serving }) => serving && protocol === 'HTTPS');
  const shared = 'the HTTPS listeners of a Gateway share one SSL profile';
  if (first && ownerOf(first, scope) !== route.namespace)
    return `${shared}, which the namespace of the first of them decides`;
  if (scope.decidedBy !== undefined) return `${shared}, which ${scope.decidedBy} decides`;
  return earlier && earlier.name !== name ? `${shared}, which ${earlier.from} decides` : undefined;
}

function ownerOf({ set }: Pick<TlsListener, 'set'>, { namespace }: TlsScope): string {
  return set === undefined ? namespace : splitKey(set).namespace;
}

interface RouteHost {
  readonly route: RoutedRoute;
  readonly host: string;
  readonly listeners: readonly TlsListener[];
}

function hostsOf(route: RoutedRoute, listeners: readonly TlsListener[]): readonly RouteHost[] {
  const own = listeners.filter((listener) => route.listeners.includes(listenerId(listener)));
  const hostnames: readonly Hostname[] = route.hostnames.length > 0 ? route.hostnames : [undefined];
  const met = hostnames.flatMap((hostname) =>
    own.flatMap((listener) => {
      const host = meet(listener.hostname, hostname);
      return host ? [{ host, listener }] : [];
    }),
  );
  return [...Map.groupBy(met, ({ host }) => host)].map(([host, some]) => ({
    route,
    host,
    listeners: some.map(({ listener }) => listener),
  }));
}
