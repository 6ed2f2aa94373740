import { createHash } from 'node:crypto';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { buildConnector, Pool } from 'undici';
import { trusting } from '../certificates.ts';
import type { PoolProgram, ServerProgram, ServerTls } from '../program/program.ts';
import { withoutPort } from './request.ts';

/** Connection pools towards servers, kept while they are used. */
export interface ServerClients {
  /** `host` is the Host header of the request, for SNI and the name check. */
  readonly clientFor: (pool: PoolProgram, server: ServerProgram, host: string) => Pool;
  readonly close: () => Promise<void>;
}

interface Entry {
  readonly client: Pool;
  lastUsed: number;
}

const SWEEP_MS = 30_000;
/** Time for a connection to a server, TLS included. */
export const CONNECT_TIMEOUT_MS = 5_000;

/** The SNI that a pool sends: its server_name, else the incoming Host; none when sni_enabled is off. */
export function serverNameOf(tls: ServerTls, host: string): string | undefined {
  return tls.sni ? (tls.serverName ?? withoutPort(host)) : undefined;
}

function identityCheck(
  tls: ServerTls,
  host: string,
): (name: string, certificate: PeerCertificate) => Error | undefined {
  if (tls.checkNames === undefined) return () => undefined;
  const names = tls.checkNames === 'host' ? [withoutPort(host)] : tls.checkNames;
  return (_, certificate) => {
    const failures = names.map((name) => checkServerIdentity(name, certificate));
    return failures.some((failure) => failure === undefined) ? undefined : failures[0];
  };
}

/** Options of a TLS connection to a server of the pool. `host` is the Host header of the request. */
export function tlsOptions(tls: ServerTls, host: string): Record<string, unknown> {
  const name = serverNameOf(tls, host);
  return {
    rejectUnauthorized: tls.ca !== undefined,
    checkServerIdentity: identityCheck(tls, host),
    // An address is not a server name; an empty one keeps undici from sending any.
    servername: name ?? '',
    ...trusting(tls.ca),
    ...(tls.certificate !== undefined && { cert: tls.certificate, key: tls.key }),
  };
}

function tlsKey(pool: PoolProgram, host: string): string {
  if (!pool.tls) return '';
  const content = JSON.stringify([
    pool.tls,
    pool.tls.checkNames === 'host' ? withoutPort(host) : '',
    serverNameOf(pool.tls, host),
  ]);
  return createHash('sha256').update(content).digest('base64');
}

/** Connects with the pool's name for the server: undici would take the one of the request's Host header. */
function tlsConnector(tls: ServerTls, allowH2: boolean, host: string): buildConnector.connector {
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2, ...tlsOptions(tls, host) });
  const servername = serverNameOf(tls, host) ?? '';
  return (options, callback) => connect({ ...options, servername }, callback);
}

function createClient(pool: PoolProgram, server: ServerProgram, host: string): Pool {
  const address = server.address.includes(':') ? `[${server.address}]` : server.address;
  return new Pool(`${pool.tls ? 'https' : 'http'}://${address}:${server.port}`, {
    ...(pool.http2 ? { allowH2: true, useH2c: !pool.tls } : { allowH2: false }),
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: pool.tls ? tlsConnector(pool.tls, pool.http2, host) : { timeout: CONNECT_TIMEOUT_MS },
  });
}

/** Creates the cache. Clients that have not been used for a while are closed. */
export function createServerClients(): ServerClients {
  const entries = new Map<string, Entry>();
  const sweep = setInterval(() => {
    for (const [key, entry] of entries) {
      if (Date.now() - entry.lastUsed < SWEEP_MS || entry.client.stats.running + entry.client.stats.pending > 0)
        continue;
      entries.delete(key);
      void entry.client.close();
    }
  }, SWEEP_MS).unref();
  return {
    clientFor: (pool, server, host) => {
      const key = `${pool.uuid}|${server.address}|${server.port}|${tlsKey(pool, host)}`;
      const entry = entries.get(key) ?? { client: createClient(pool, server, host), lastUsed: 0 };
      entry.lastUsed = Date.now();
      entries.set(key, entry);
      return entry.client;
    },
    close: async () => {
      clearInterval(sweep);
      await Promise.all([...entries.values()].map(({ client }) => client.destroy()));
    },
  };
}
