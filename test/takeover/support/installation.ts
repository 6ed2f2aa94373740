/** What the real AKO 2.2.1 left on a controller, on a simulated one with servers that answer. */
import { readFileSync, writeFileSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { createAviClient, type AviClient } from '../../../src/avi/client.ts';
import { inventoryOf } from '../../../src/main/controller.ts';
import { evaluateManifests } from '../../../src/cli/offline.ts';
import { readSite } from '../../../src/main/site.ts';
import { previousVsVip } from '../../../src/plan/inventory/previous-vsvip.ts';
import type { Move } from '../../../src/cli/adopt/take-over.ts';
import { loadConfig, type Config } from '../../../src/config.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import type { JsonObject } from '../../../src/translate/desired.ts';

/** An object as AKO left it; references by name, addresses as recorded, certificates left out. */
interface Recorded {
  readonly case: string;
  readonly type: string;
  readonly body: JsonObject;
}

const recorded = readFileSync(new URL('../fixtures/ako-objects.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);

export const caseNames = [...new Set(recorded.map((object) => object.case))];

export interface Servers {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** One server for every pod: all addresses in 127.88.0.0/16. */
export async function startServers(): Promise<Servers> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end('served'));
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface Installation {
  readonly simulator: Simulator;
  readonly client: AviClient;
  /** With `takeover: ako`. */
  readonly config: Config;
  readonly manifests: string;
  /** Listener port → port that the data plane listens on. */
  readonly ports: Readonly<Record<number, number>>;
  readonly move: () => Promise<Move>;
  /** `type name` → uuid of everything named as AKO names its objects. */
  readonly uuids: () => ReadonlyMap<string, string>;
  readonly close: () => Promise<void>;
}

const types = [
  'vsvip',
  'sslkeyandcertificate',
  'applicationpersistenceprofile',
  'stringgroup',
  'pool',
  'poolgroup',
  'httppolicyset',
  'l4policyset',
  'vsdatascriptset',
  'virtualservice',
];

let nextPort = 21_000 + (process.pid % 400) * 100;

/** Starts a controller with what AKO left after the case, and writes the case's manifests. */
export async function installAko(name: string, servers: Servers): Promise<Installation> {
  const ports = {
    80: nextPort++,
    443: nextPort++,
    8080: nextPort++,
    8081: nextPort++,
    8082: nextPort++,
    8443: nextPort++,
  };
  const simulator = await startSimulator({
    vipPool: '127.50.0.0/16',
    portMap: ports,
    programDelayMs: 150,
    healthIntervalMs: 200,
    dnsDomains: ['example.com', 'avi.internal'],
    seed: 3,
  });
  const directory = mkdtempSync(join(tmpdir(), 'avi-gateway-ako-'));
  const { url, ca, username, password } = simulator;
  for (const [file, text] of Object.entries({ username, password, certificateAuthorityData: ca })) {
    writeFileSync(join(directory, file), text);
  }
  const config = loadConfig({
    flags: {
      clusterName: 'cluster1',
      takeover: 'ako',
      vipNetworks: [{ networkName: 'net-vip', cidr: '127.50.0.0/16' }],
      'controller.addresses': [url],
      'controller.credentialsDir': directory,
    },
  });
  const manifests = join(directory, 'in.yaml');
  writeFileSync(manifests, manifestsOf(name, servers.port));
  const client = createAviClient({ addresses: [url], tls: { ca }, credentials: () => ({ username, password }) });
  const move = async (): Promise<Move> => {
    const inventory = inventoryOf(config, client);
    await inventory.load();
    const site = await readSite(config, client);
    const { desired } = await evaluateManifests([manifests], config, site, (...parent) =>
      previousVsVip(inventory.current(), ...parent),
    );
    return { config, client, inventory, desired, graceMs: 400 };
  };
  await load(name, client, await move(), servers.port);
  simulator.stats.reset();
  await simulator.settled();
  return {
    simulator,
    client,
    config,
    manifests,
    ports,
    move,
    uuids: () =>
      new Map(
        types
          .flatMap((type) => simulator.store.list(type))
          .filter((object) => object.name.startsWith('ako-gw-cluster1-'))
          .map((object) => [`${object.type} ${object.name}`, object.uuid]),
      ),
    close: async () => {
      await client.close();
      await simulator.close();
    },
  };
}

/** Pods on the loopback, at addresses by Service. */
function podAddress(namespace: string, service: string): string {
  const sum = [...`${namespace}/${service}`].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  return `127.88.${sum % 250}.1`;
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly namespace: string; readonly labels?: Readonly<Record<string, string>> };
  ports?: { port: number }[];
  endpoints?: { addresses: string[] }[];
}

/** Pods that serve; the VIP network is on the loopback. */
function manifestsOf(name: string, port: number): string {
  const text = readFileSync(new URL(`../../golden/${name}/in.yaml`, import.meta.url), 'utf8');
  const documents = parseAllDocuments(text.replaceAll('10.50.', '127.50.')).map(
    (document) => document.toJS() as Manifest | null,
  );
  for (const document of documents) {
    if (document?.kind !== 'EndpointSlice') continue;
    const service = document.metadata.labels?.['kubernetes.io/service-name'] ?? '';
    for (const one of document.ports ?? []) one.port = port;
    const address = podAddress(document.metadata.namespace, service);
    for (const endpoint of document.endpoints ?? []) endpoint.addresses = [address];
  }
  return documents.map((document) => stringify(document)).join('---\n');
}

async function load(name: string, client: AviClient, { desired }: Move, port: number): Promise<void> {
  const wanted = new Map(desired.flatMap((state) => state.objects).map((object) => [object.name, object.body]));
  for (const { type, body } of recorded.filter((object) => object.case === name)) {
    const adapted = JSON.parse(JSON.stringify(body).replaceAll('10.50.', '127.50.')) as JsonObject;
    const own = type === 'sslkeyandcertificate' ? certificateFields(wanted.get(String(body.name))) : {};
    const servers = type === 'pool' ? { servers: serversOf(adapted, port) } : {};
    await client.request('POST', `/api/${type}/`, { body: { ...adapted, ...own, ...servers } });
  }
}

/** The pair of the case's manifests: in the recording it is left out. */
function certificateFields(body: JsonObject | undefined): JsonObject {
  if (!body?.certificate || !body.key) throw new Error('the manifests have no such certificate');
  return { certificate: body.certificate, key: body.key };
}

function serversOf(pool: JsonObject, port: number): readonly JsonObject[] {
  const markers = pool.markers as unknown as readonly { key: string; values: string[] }[];
  const value = (key: string) => markers.find((marker) => marker.key === key)?.values[0] ?? '';
  const addr = podAddress(value('BackendNs'), value('BackendName'));
  const recordedServers = (pool.servers ?? []) as readonly JsonObject[];
  if (recordedServers.length === 0) return [];
  return [{ enabled: true, ip: { addr, type: 'V4' }, port, external_uuid: `${addr}:${port}` }];
}
