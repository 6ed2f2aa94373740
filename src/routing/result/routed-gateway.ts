/**
 * What the routing found: for one Gateway the listeners, the routes attached to them with every reference resolved,
 * and the conditions that follow. `translate` turns it into Avi objects, `status/compute` into statuses, `explain`
 * into an answer; all three read this one value, so they cannot disagree.
 */
import type { BackendTLSPolicy, Gateway, GatewayClass } from '../../../generated/gateway-api.ts';
import type { AviBackendPolicy, AviFrontendPolicy } from '../../../generated/extensions.ts';
import type { AviName, VirtualServiceSettings } from '../extensions/avi-settings.ts';
import type { Infrastructure } from '../listeners/infrastructure.ts';
import type { ConditionDraft, Problem, RoutingEvent } from './findings.ts';
import type { SettingsOrigins } from './routed-backend.ts';
import type { RoutedListener, RoutedListenerSet } from './routed-listener.ts';
import type { L4Listener, RoutedParent, RoutedRoute } from './routed-route.ts';

/** A BackendTLSPolicy that concerns a Service which routes of a Gateway use. */
export interface RoutedPolicy {
  /** `namespace/name`. */
  readonly key: string;
  readonly resource: BackendTLSPolicy;
  /** Accepted and ResolvedRefs, with the Gateway as ancestor. */
  readonly conditions: readonly ConditionDraft[];
}

/** An AviBackendPolicy or AviFrontendPolicy that targets the Gateway, its listeners, routes or their Services. */
export interface RoutedAviPolicy {
  readonly kind: 'AviBackendPolicy' | 'AviFrontendPolicy';
  /** `namespace/name`. */
  readonly key: string;
  readonly resource: AviBackendPolicy | AviFrontendPolicy;
  /** Accepted, with the Gateway as ancestor. */
  readonly conditions: readonly ConditionDraft[];
}

/** One GatewayClass of ours. */
export interface RoutedClass {
  readonly resource: GatewayClass;
  /** Accepted and SupportedVersion. */
  readonly conditions: readonly ConditionDraft[];
  /** For `status.supportedFeatures`, sorted; empty where the installed CRD has no such field. */
  readonly supportedFeatures: readonly { readonly name: string }[];
}

/** One Gateway of ours, routed. */
export interface RoutedGateway {
  /** `namespace/name`. */
  readonly key: string;
  readonly resource: Gateway;
  readonly tenant: string;
  /** Whether it has a serving listener and so has Avi objects. */
  readonly programmable: boolean;
  /** What exists on the controller is to stay as it is: it is not known what it should be. */
  readonly held?: true;
  /** Requested static address, at most one; absent: allocated by Avi. */
  readonly address?: { readonly family: 'V4' | 'V6'; readonly value: string };
  /** False while the annotation `ako.vmware.com/disable-traffic` is true. */
  readonly trafficEnabled: boolean;
  /** `spec.infrastructure.labels`, for everything that exists for the Gateway; absent when there are none. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What is said of its virtual services that belong to no rule; absent when nothing. */
  readonly settings?: VirtualServiceSettings;
  readonly settingsFrom?: SettingsOrigins;
  /** Names on the controller that HostRules have for its HTTPS listeners: certificates, sorted, and an SSL profile, which goes behind `settings`. */
  readonly hostTls?: { readonly certificates: readonly string[]; readonly sslProfile?: string };
  /** What its parameters say in place of the configuration; absent when nothing. */
  readonly infrastructure?: Infrastructure;
  readonly listeners: readonly RoutedListener[];
  /** Of listeners with protocol HTTP and HTTPS; oldest first, then by namespace and name. */
  readonly routes: readonly RoutedRoute[];
  /** Ports that are served below HTTP, in the order of the listeners. */
  readonly l4: readonly L4Listener[];
  /** Oldest first, then by `namespace/name`. */
  readonly listenerSets: readonly RoutedListenerSet[];
  /** Sorted by key. */
  readonly policies: readonly RoutedPolicy[];
  /** Sorted by kind and key. */
  readonly aviPolicies: readonly RoutedAviPolicy[];
  readonly parents: readonly RoutedParent[];
  /** Hostnames to publish in DNS: exact names of attached routes and listeners that this Gateway owns, sorted. */
  readonly dnsNames: readonly string[];
  /** Accepted, and Programmed where it is decided before the apply (for example AddressNotUsable). */
  readonly conditions: readonly ConditionDraft[];
  readonly events: readonly RoutingEvent[];
  readonly problems: readonly Problem[];
  /** Objects on the controller that routes depend on by name, present or not; each once, sorted. */
  readonly named: readonly AviName[];
  /** Keys of the Services whose EndpointSlices decide pool members, for incremental work. */
  readonly services: readonly string[];
}
