import { BACKENDS, startPage, startSecurePage } from './backends.ts';
import { createAuthority, type Authority } from './certificates.ts';
import { startGrpcEcho, startTcpEcho, startUdpEcho } from './echo-backends.ts';
import type { Backend } from './running.ts';

/** The authorities of the demo; all exist as long as the process. */
export interface Authorities {
  /** Of what clients see. */
  readonly clients: Authority;
  /** The application's private one, of its backends. */
  readonly backends: Authority;
}

/** The running servers of the sample application. */
export interface Application {
  readonly backends: readonly Backend[];
  readonly close: () => void;
}

/** The name that certificates of backends behind the Gateway carry; the BackendTLSPolicies ask for it. */
export const BACKEND_NAME = 'secure.dev.internal';
/** The host whose TLS is passed through to its backend. */
export const PASSTHROUGH = 'passthrough.avi.example.test';

export async function createAuthorities(): Promise<Authorities> {
  const [clients, backends] = await Promise.all([
    createAuthority('avi-gateway demo CA'),
    createAuthority('avi-gateway demo private CA of the backends'),
  ]);
  return { clients, backends };
}

/** Starts every backend on a loopback port; `close` ends them and their connections. */
export async function startApplication({ clients, backends }: Authorities): Promise<Application> {
  const [secure, stranger, passthrough] = await Promise.all([
    backends.issue([BACKEND_NAME]),
    clients.issue([BACKEND_NAME]),
    backends.issue([PASSTHROUGH]),
  ]);
  const page = (service: string) => ({ service, title: service, color: '#e6e6fa' });
  const running = await Promise.all([
    ...BACKENDS.flatMap((spec) => Array.from({ length: spec.servers }, () => startPage(spec))),
    startSecurePage(page('secure'), secure),
    startSecurePage(page('secure'), secure),
    startSecurePage(page('stranger'), stranger),
    startSecurePage(page('passthrough'), passthrough),
    startGrpcEcho('grpc-echo'),
    startTcpEcho('tcp-echo'),
    startUdpEcho('udp-echo'),
  ]);
  return {
    backends: running.map(({ backend }) => backend),
    close: () => running.forEach(({ close }) => close()),
  };
}
