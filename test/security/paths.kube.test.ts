/**
 * Path tricks between the specification's matcher and Avi's: escapes, double escapes, dots, doubled slashes, parameters,
 * capitals. Random tables of paths are programmed, and requests whose paths are twisted are sent to the data plane raw.
 * None of them reaches a backend that the specification would not choose for the path as sent, or, where the path has
 * escapes, for the path decoded once (docs/translation.md, "Percent-encoding"). Backends get the path as it was sent.
 */
import { Agent } from 'node:http';
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import type { HTTPRoute } from '../../generated/gateway-api.ts';
import { createDice, type Dice } from '../chaos/random.ts';
import { createHarness, gateway, gatewayClass, type Harness } from '../loop/harness.ts';
import { echo, startBackend } from '../simulator/dataplane/tools/backends.ts';
import { send } from '../simulator/dataplane/tools/client.ts';

jest.setTimeout(120_000);

const seed = Number(process.env.FUZZ_SEED ?? 8);
const tables = 24;
const requestsEach = Number(process.env.FUZZ_SECONDS ?? 2) * 40;
const services = ['s0', 's1', 's2', 's3', 's4', 's5', 's6', 's7'];
const httpPort = 18_090;

type Type = 'Exact' | 'PathPrefix';
interface Match {
  readonly type: Type;
  readonly value: string;
  readonly service: string;
}

const segments = [
  'admin',
  'a',
  'A',
  'ad%6Din',
  'b',
  'x.y',
  '.hidden',
  'a;v=1',
  'a:b',
  '~u',
  '%41',
  '...',
  'a%20b',
  '@',
];

/** What decoding a path once gives; escapes that are none, or not of UTF-8, stay. */
function decodedOnce(path: string): string {
  return path.replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

/** "Matches based on a URL path prefix split by `/`. … element by element. … a trailing slash is ignored." */
function matches({ type, value }: Match, path: string): boolean {
  if (type === 'Exact') return path === value;
  const prefix = value.replace(/\/$/, '');
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** Exact before the longest prefix. */
function chosen(table: readonly Match[], read: (match: Match) => string): string {
  const rank = ({ type, value }: Match): number => (type === 'Exact' ? 10_000 : value.replace(/\/$/, '').length);
  const [first] = table.filter((match) => matches(match, read(match))).sort((one, other) => rank(other) - rank(one));
  return first?.service ?? '';
}

function randomTable(dice: Dice): readonly Match[] {
  const known = new Set<string>();
  const table: Match[] = [];
  for (const service of services) {
    const depth = dice.below(3);
    const value = `/${Array.from({ length: depth }, () => dice.pick(segments)).join('/')}${dice.chance(0.1) && depth > 0 ? '/' : ''}`;
    const type = dice.chance(0.5) ? 'Exact' : 'PathPrefix';
    // Two spellings of one path have no order that Avi and the specification share.
    const id = decodedOnce(value).replace(/\/$/, '');
    if (known.has(id)) continue;
    known.add(id);
    table.push({ type, value, service });
  }
  return table;
}

const escapeOf = (character: string, dice: Dice): string => {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
  return `%${dice.chance(0.5) ? hex : hex.toUpperCase()}`;
};

const twists: readonly ((path: string, dice: Dice) => string)[] = [
  (path, dice) => path.replace(/[a-z.]/g, (one) => (dice.chance(0.5) ? escapeOf(one, dice) : one)),
  (path, dice) => path.replace(/(?<=.)\//g, () => escapeOf('/', dice)),
  (path) => path.replaceAll('%', '%25'),
  (path, dice) => path.replace(/[a-z]/, (one) => `%25${escapeOf(one, dice).slice(1)}`),
  (path) => path.replace('/', '//'),
  (path) => path.replace(/\/(?=[^/]*$)/, '//'),
  (path) => path.replace('/', '/./'),
  (path) => `/b/..${path}`,
  (path) => `/b/%2e%2E${path}`,
  (path) => `/b/..%2f${path.slice(1)}`,
  (path) => `${path}/..`,
  (path) => `${path}/.`,
  (path) => `${path}/`,
  (path) => `${path};v=1`,
  (path) => path.replace(/(?<=\/[^/]*)\//, ';jsessionid=1/'),
  (path) => `${path}%00`,
  (path) => `${path}%3fx`,
  (path) => `${path}%23x`,
  (path) => `${path}.`,
  (path) => `${path}\\..\\admin`,
  (path) => path.toUpperCase(),
  (path) => path.toLowerCase(),
  (path) => `${path}%c0%af`,
  (path) => `${path}?${path}`,
];

function twisted(table: readonly Match[], dice: Dice): string {
  let path = dice.pick(table).value;
  if (dice.chance(0.4)) path = `${path.replace(/\/$/, '')}/${dice.pick(segments)}`;
  for (let count = dice.below(3); count > 0; count -= 1) path = dice.pick(twists)(path, dice);
  return dice.chance(0.02) ? `http://other.test${path}` : path;
}

let harness: Harness;
let address: string;
const agent = new Agent({ keepAlive: true });
const closers: (() => Promise<void>)[] = [];
const programmed = Array.from({ length: tables }, (_, index) => ({
  host: `t${index}.example.test`,
  table: randomTable(createDice(seed + index)),
}));

function routeOf(host: string, table: readonly Match[]): HTTPRoute {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: {
      name: host.split('.')[0] ?? '',
      namespace: 'default',
      generation: 1,
      creationTimestamp: '2026-01-02T00:00:00Z',
    },
    spec: {
      parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' }],
      hostnames: [host],
      rules: table.map(({ type, value, service }) => ({
        matches: [{ path: { type, value } }],
        backendRefs: [{ group: '', kind: 'Service', name: service, port: 80, weight: 1 }],
      })),
    },
  };
}

/** Programs the tables, on a controller whose children are chosen in that order. */
async function program(evhOrder: 'longest' | 'random'): Promise<void> {
  const cidr = `127.${64 + (process.pid % 60)}.${(process.pid >> 6) % 200}.0/24`;
  harness = await createHarness({
    simulatorOptions: { dataPlane: true, portMap: { 80: httpPort }, vipPool: cidr, evhOrder, seed },
    vipNetworks: [{ networkName: 'net-vip', cidr }],
    trustChildOrder: evhOrder === 'longest',
  });
  harness.put('GatewayClass', gatewayClass());
  harness.put('Gateway', gateway('gw', '*.example.test'));
  for (const name of services) {
    const backend = await startBackend(echo(name));
    closers.push(() => backend.close());
    const metadata = { name, namespace: 'default' };
    harness.put('Service', {
      metadata,
      spec: {
        type: 'ClusterIP',
        clusterIP: '10.96.0.1',
        ports: [{ port: 80, targetPort: backend.port, protocol: 'TCP' }],
      },
    });
    harness.put('EndpointSlice', {
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ port: backend.port, protocol: 'TCP' }],
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true, serving: true } }],
    });
  }
  for (const { host, table } of programmed) harness.put('HTTPRoute', routeOf(host, table));
  harness.engine.start();
  await harness.engine.synced;
  await harness.engine.idle();
  await harness.simulator.settled();
  const vip = harness.simulator.store.list('vsvip')[0]?.body.vip as readonly { ip_address: { addr: string } }[];
  address = vip[0]?.ip_address.addr ?? '';
}
afterEach(async () => {
  await harness.close();
  await Promise.all(closers.splice(0).map((close) => close()));
});
afterAll(() => agent.destroy());

interface Answer {
  readonly status: number;
  readonly service: string;
  readonly got: string;
}

async function ask(host: string, path: string): Promise<Answer> {
  const { status, seen } = await send({ address, port: httpPort, host, path, agent });
  return { status, service: status === 200 ? seen.backend : '', got: status === 200 ? seen.url : '' };
}

describe('a twisted path', () => {
  it.each(['longest', 'random'] as const)(
    'reaches no backend that the specification does not choose, and is passed on as it was sent: children in the order %s',
    async (evhOrder) => {
      await program(evhOrder);
      const dice = createDice(seed);
      let escaped = 0;
      let served = 0;
      const wrong: object[] = [];
      for (const { host, table } of programmed) {
        for (let count = 0; count < requestsEach; count += 1) {
          const asked = twisted(table, dice);
          const { status, service, got } = await ask(host, asked);
          // The authority of an absolute form counts instead of the Host header; there is no such host here.
          const absolute = asked.startsWith('http://');
          const path = absolute ? '/' : (asked.split('?')[0] ?? '');
          const raw = absolute ? '' : chosen(table, () => path);
          const decoded = absolute
            ? ''
            : chosen(table, ({ value }) => (value.includes('%') ? path : decodedOnce(path)));
          if (raw !== decoded) escaped += 1;
          if (service !== '') served += 1;
          const allowed = [raw, decoded].includes(service) && [200, 404].includes(status);
          if (!allowed || (service !== '' && got !== asked))
            wrong.push({ host, asked, status, service, got, raw, decoded, table });
        }
      }
      expect(wrong.slice(0, 3)).toEqual([]);
      expect(served).toBeGreaterThan(500);
      expect(escaped).toBeGreaterThan(20);
      console.log(
        `seed ${seed}: ${tables * requestsEach} requests, ${served} served, ${escaped} where decoding decides`,
      );
    },
  );
});
