/** The real external-dns, whose provider is a table in this process; the names resolve at a real DNS server. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { freePorts, startDaemon, waitUntilReady, type Daemon } from '../cluster/tools/process.ts';
import { domains, type Rig } from './rig.ts';

/** A record as external-dns has it (`endpoint.Endpoint`). */
export interface Endpoint {
  readonly dnsName: string;
  readonly recordType: string;
  readonly targets: readonly string[];
  readonly setIdentifier?: string;
}

/** `plan.Changes`. */
interface Changes {
  readonly create?: readonly Endpoint[];
  readonly updateNew?: readonly Endpoint[];
  readonly delete?: readonly Endpoint[];
}

export interface Change extends Endpoint {
  /** ms since the epoch. */
  readonly time: number;
  readonly action: 'create' | 'update' | 'delete';
}

export interface Dns {
  /** `host:port` of the DNS server. */
  readonly server: string;
  /** Everything that external-dns changed, oldest first. */
  readonly changes: Change[];
  /** Targets of a record, sorted; undefined when there is none. */
  targets(name: string, type?: string): readonly string[] | undefined;
  /** The text that says who owns a record. */
  owner(name: string, type?: string): string | undefined;
  log(): string;
}

const mediaType = 'application/external.dns.webhook+json;version=1';

/** Starts the DNS server and external-dns with the sources HTTPRoute and GRPCRoute, policy sync and the TXT registry. */
export async function startDns(rig: Rig): Promise<Dns> {
  const [dnsPort = 0, managementPort = 0, metricsPort = 0] = await freePorts(3);
  const server = await startServer(rig, dnsPort, managementPort);
  const records = new Map<string, Endpoint>();
  const changes: Change[] = [];
  const url = await startProvider(rig, records, async (given) => {
    changes.push(...given);
    for (const change of given) await publish(managementPort, change);
  });
  const flags = [
    `--kubeconfig=${rig.cluster.adminKubeconfigPath}`,
    '--source=gateway-httproute',
    '--source=gateway-grpcroute',
    '--source=gateway-tlsroute',
    '--gateway-listener-sets',
    '--provider=webhook',
    `--webhook-provider-url=${url}`,
    '--registry=txt',
    '--txt-owner-id=rig',
    '--policy=sync',
    '--interval=2s',
    '--events',
    '--min-event-sync-interval=1s',
    '--log-level=debug',
    `--metrics-address=127.0.0.1:${metricsPort}`,
  ];
  const program = rig.neighbours['external-dns'];
  const daemon = startDaemon('external-dns', [program, ...flags], join(rig.cluster.folder, 'external-dns.log'));
  rig.atEnd(() => daemon.kill());
  await waitUntilReady(daemon, async () => (await fetch(`http://127.0.0.1:${metricsPort}/healthz`)).ok);
  return {
    server,
    changes,
    targets: (name, type = 'A') => records.get(`${name} ${type}`)?.targets.toSorted(),
    owner: (name, type = 'A') => records.get(`${type.toLowerCase()}-${name} TXT`)?.targets[0],
    log: () => daemon.log(60),
  };
}

async function startServer(rig: Rig, dnsPort: number, managementPort: number): Promise<string> {
  const off = ['http01', 'https01', 'tlsalpn01', 'doh'].map((name) => `-${name}=`);
  const addresses = [`-dnsserver=127.0.0.1:${dnsPort}`, `-management=127.0.0.1:${managementPort}`];
  // A name without a record has no address.
  const flags = [...off, ...addresses, '-defaultIPv4=', '-defaultIPv6='];
  const daemon: Daemon = startDaemon(
    'dns-server',
    [rig.neighbours['pebble-challtestsrv'], ...flags],
    join(rig.cluster.folder, 'dns-server.log'),
  );
  rig.atEnd(() => daemon.kill());
  await waitUntilReady(daemon, async () => (await tell(managementPort, 'clear-a', { host: 'ready.test.' })).ok);
  return `127.0.0.1:${dnsPort}`;
}

/** Brings one change to the DNS server. */
async function publish(port: number, { action, recordType, dnsName, targets }: Change): Promise<void> {
  const host = `${dnsName}.`;
  const gone = action === 'delete';
  if (recordType === 'A') await tell(port, gone ? 'clear-a' : 'add-a', { host, addresses: targets });
  if (recordType === 'CNAME') await tell(port, gone ? 'clear-cname' : 'set-cname', { host, target: `${targets[0]}.` });
}

function tell(port: number, path: string, body: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/${path}`, { method: 'POST', body: JSON.stringify(body) });
}

/** A webhook provider (external-dns, docs/tutorials/webhook-provider.md) that keeps the records in a map. */
async function startProvider(
  rig: Rig,
  records: Map<string, Endpoint>,
  changed: (changes: readonly Change[]) => Promise<void>,
): Promise<string> {
  const key = ({ dnsName, recordType }: Endpoint) => `${dnsName} ${recordType}`;
  const applyChanges = async (given: Changes) => {
    for (const endpoint of given.delete ?? []) records.delete(key(endpoint));
    for (const endpoint of [...(given.create ?? []), ...(given.updateNew ?? [])]) records.set(key(endpoint), endpoint);
    const time = Date.now();
    const as = (action: Change['action'], endpoints: readonly Endpoint[] = []) =>
      endpoints.map((endpoint) => ({ ...endpoint, time, action }));
    await changed([...as('delete', given.delete), ...as('create', given.create), ...as('update', given.updateNew)]);
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    response.setHeader('content-type', mediaType);
    if (request.url === '/') return response.end(JSON.stringify({ include: domains }));
    if (request.url === '/adjustendpoints') return response.end(text);
    if (request.method === 'GET') return response.end(JSON.stringify([...records.values()]));
    await applyChanges(JSON.parse(text) as Changes);
    return response.writeHead(204).end();
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  rig.atEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
