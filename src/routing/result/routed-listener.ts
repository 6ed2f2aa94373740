/** Listeners and ListenerSets, as routed. */
import type { ListenerSet } from '../../../generated/gateway-api.ts';
import type { VirtualServiceSettings } from '../extensions/avi-settings.ts';
import type { ConditionDraft } from './findings.ts';

/** A serving certificate, verified to be PEM and to match its key. */
export interface Certificate {
  readonly secretNamespace: string;
  readonly secretName: string;
  /** PEM, leaf first. */
  readonly certificate: string;
  /** PEM. Never to be logged. */
  readonly key: string;
  /** DNS names of the leaf (SANs, else the CN), lower case. */
  readonly dnsNames: readonly string[];
  /** RFC 3339. */
  readonly notAfter: string;
}

/** Validation of client certificates (Gateway.spec.tls.frontend). */
export interface ClientValidation {
  /** PEM, one certificate each; never empty. */
  readonly caCertificates: readonly string[];
  readonly mode: 'AllowValidOnly' | 'AllowInsecureFallback';
}

/** What clients may use: a profile on the controller, or what one of our own accepts. */
export type ListenerTlsSettings = Pick<VirtualServiceSettings, 'sslProfile' | 'minTLSVersion' | 'ciphers'>;

/** One listener of a Gateway, or of a ListenerSet that is attached to it. */
export interface RoutedListener {
  /** Unique among the listeners with the same `set`. */
  readonly name: string;
  /** The ListenerSet that it is from, `namespace/name`; absent for the Gateway's own. */
  readonly set?: string;
  readonly port: number;
  readonly protocol: string;
  /** Lower case; absent when the listener takes every host. */
  readonly hostname?: string;
  /** Whether the listener is valid, has won its conflicts and is to be programmed. */
  readonly serving: boolean;
  readonly tls: boolean;
  /** Of a listener with protocol TLS: whether it passes TLS through or ends it. */
  readonly mode?: 'Passthrough' | 'Terminate';
  /** In the order of certificateRefs, the resolved ones only. */
  readonly certificates: readonly Certificate[];
  /** Of HTTPS listeners: how client certificates are validated; absent: none is asked for. */
  readonly clientValidation?: ClientValidation;
  /** What its `tls.options` say of what clients may use; serving listeners of one virtual service agree where they say it. */
  readonly tlsSettings?: ListenerTlsSettings;
  readonly supportedKinds: readonly { readonly group: string; readonly kind: string }[];
  readonly attachedRoutes: number;
  /** Accepted, ResolvedRefs, Conflicted, OverlappingTLSConfig as they apply. Programmed is added after the apply. */
  readonly conditions: readonly ConditionDraft[];
}

/** What tells a listener from all others of a Gateway: its name, after that of its ListenerSet where it has one. */
export function listenerId({ set, name }: Pick<RoutedListener, 'set' | 'name'>): string {
  return set === undefined ? name : `${set}/${name}`;
}

/** A ListenerSet that names a Gateway of ours as its parent. */
export interface RoutedListenerSet {
  /** `namespace/name`. */
  readonly key: string;
  readonly resource: ListenerSet;
  /** Whether the Gateway allows it; its listeners are not among the Gateway's where it does not. */
  readonly attached: boolean;
  /** Accepted, and Programmed where it is decided before the apply. */
  readonly conditions: readonly ConditionDraft[];
  /** Its own listeners, as they are among the Gateway's. */
  readonly listeners: readonly RoutedListener[];
}
