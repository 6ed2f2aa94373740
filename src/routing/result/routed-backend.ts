/** Backends of rules, with the servers and the TLS towards them. */
import type { PoolSettings } from '../extensions/avi-settings.ts';
import type { Certificate } from './routed-listener.ts';
import type { HeaderModifier } from './routed-filters.ts';

/** A server of a pool. */
export interface Endpoint {
  readonly address: string;
  readonly family: 'V4' | 'V6';
  readonly port: number;
  /** False: known but to receive no new connections (not ready, or terminating). */
  readonly enabled: boolean;
  readonly nodeName?: string;
}

/** TLS towards a backend (BackendTLSPolicy). */
export interface BackendTls {
  /** `namespace/name` of the policy. */
  readonly policy: string;
  /** For SNI, and for the certificate where there are no `dnsNames`. */
  readonly hostname: string;
  /** PEM, one certificate each; empty where `system` is true. */
  readonly caCertificates: readonly string[];
  /** Whether the system's certificate authorities are trusted (wellKnownCACertificates: System). */
  readonly system: boolean;
  /** subjectAltNames of type Hostname; where there are any, one of them must be in the certificate. */
  readonly dnsNames: readonly string[];
  /** What the Gateway shows to backends (Gateway.spec.tls.backend). */
  readonly clientCertificate?: Certificate;
}

/** By field of settings: what it is from, as `Kind namespace/name`. What ExtensionRefs say is not in it. */
export type SettingsOrigins = Readonly<Record<string, string>>;

/** One backendRef of a rule. */
export interface RoutedBackend {
  readonly namespace: string;
  readonly name: string;
  /** 0 when the backendRef has no port. */
  readonly port: number;
  readonly weight: number;
  /** Sorted by address and port, without duplicates. Empty for an invalid backend. */
  readonly endpoints: readonly Endpoint[];
  /** What is changed for this backend after the rule's own changes; absent where all backends are treated the same. */
  readonly requestHeaders?: HeaderModifier;
  /** Absent: HTTP/1.1. `h2c` is HTTP/2 without TLS and without upgrade. */
  readonly protocol?: 'h2c';
  /** Present: TLS to the backend; absent: plaintext. */
  readonly tls?: BackendTls;
  /** What is said of its pool by extensions, policies and rules by FQDN. */
  readonly settings?: PoolSettings;
  readonly settingsFrom?: SettingsOrigins;
  /** Why its share is answered with 500; absent for a valid backend. */
  readonly invalid?: { readonly reason: string; readonly message: string };
  /** Why a valid backend can have no server; its pool is empty, as AKO has it. */
  readonly unserved?: { readonly reason: string; readonly message: string };
}
