/**
 * A manual edit of each type of object is repaired, or left and said, as `drift` wants it for that type. Another Gateway is
 * asked all the time, and serves.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { admit } from '../../src/cluster/admission.ts';
import { parseManifests } from '../../src/cluster/manifests.ts';
import type { WatchedKind } from '../../src/cluster/kinds.ts';
import type { EngineDeps } from '../../src/loop/engine.ts';
import { aviTypes } from '../../src/plan/content/schema.ts';
import type { AviType } from '../../src/translate/desired.ts';
import { addressOf, startWitness, type Witness } from '../chaos/witness.ts';
import { eventually } from '../cluster/eventually.ts';
import { startBackend, type Backend } from '../simulator/dataplane/tools/backends.ts';
import { createHarness, gateway, gatewayClass, httpRoute, type Harness } from './harness.ts';

interface Edit {
  /** A golden case that has an object of the type. */
  readonly manifests: string;
  readonly field: string;
  /** What somebody sets it to. */
  readonly value: unknown;
}

const edits: Readonly<Partial<Record<AviType, Edit>>> = {
  sslkeyandcertificate: { manifests: '02-http-https', field: 'type', value: 'SSL_CERTIFICATE_TYPE_CA' },
  pkiprofile: { manifests: 'p02-backend-extensions', field: 'crl_check', value: true },
  sslprofile: { manifests: 'p23-tls-settings', field: 'accepted_ciphers', value: 'AES:3DES:RC4' },
  healthmonitor: { manifests: 'p01-health-monitors', field: 'send_interval', value: 77 },
  applicationprofile: { manifests: 'p04-application-profiles', field: 'preserve_client_ip', value: true },
  pool: { manifests: '02-http-https', field: 'servers', value: [] },
  poolgroup: { manifests: '02-http-https', field: 'members', value: [] },
  httppolicyset: { manifests: '02-http-https', field: 'http_request_policy', value: { rules: [] } },
  l4policyset: { manifests: 's80-tcp-routes', field: 'l4_connection_policy', value: { rules: [] } },
  vsdatascriptset: { manifests: 's71-cors', field: 'datascript', value: [] },
  vsvip: { manifests: '02-http-https', field: 'dns_info', value: [] },
  virtualservice: { manifests: '02-http-https', field: 'enabled', value: false },
};
/** Never written by the operator itself: recorded only so that what AKO left can be removed. */
const unwritten: readonly AviType[] = ['applicationpersistenceprofile', 'stringgroup'];

/** A busy machine may need long. */
const patienceMs = 30_000;

const portMap = { 53: 28_053, 80: 28_080, 81: 28_081, 443: 28_443 };
const cidr = `127.${130 + (process.pid % 10)}.${(process.pid >> 4) % 250}.0/28`;

let backend: Backend;
beforeAll(async () => {
  backend = await startBackend((_request, response) => void response.end('served'));
});
afterAll(() => backend.close());

let harness: Harness | undefined;
let witness: Witness | undefined;
afterEach(async () => {
  await witness?.stop();
  await harness?.close();
  [witness, harness] = [undefined, undefined];
});

async function start(name: string, drift: EngineDeps['drift']): Promise<Harness> {
  const started = (harness = await createHarness({
    clusterName: 'cluster1',
    simulatorOptions: { dataPlane: true, programDelayMs: 20, portMap, vipPool: cidr },
    vipNetworks: [{ networkName: 'net-vip', cidr }],
    deps: { drift, graceMs: 40, healthMs: 0 },
  }));
  started.put('GatewayClass', gatewayClass());
  putSteady(started);
  const file = fileURLToPath(new URL(`../golden/${name}/in.yaml`, import.meta.url));
  const { documents } = parseManifests([{ name: file, text: readFileSync(file, 'utf8') }]);
  for (const { value } of documents) {
    const { admitted } = admit(value, file, '2026-01-01T00:00:00Z');
    if (admitted) started.put<WatchedKind>(admitted.kind, admitted.object);
  }
  started.engine.start();
  await started.engine.synced;
  await started.engine.idle();
  await started.simulator.settled();
  const address = (): string | undefined => addressOf(started.simulator.store, 'cluster1--default-steady');
  witness = startWitness([{ address, port: portMap[80], host: 'steady.test', path: '/steady' }]);
  return started;
}

/** What nobody edits. */
function putSteady(at: Harness): void {
  const metadata = { name: 'steady', namespace: 'default' };
  const { port } = backend;
  at.put('Service', { metadata, spec: { ports: [{ port: 80, targetPort: port }] } });
  at.put('EndpointSlice', {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'steady' } },
    addressType: 'IPv4',
    ports: [{ port, protocol: 'TCP' }],
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true, serving: true } }],
  });
  at.put('Gateway', gateway('steady', 'steady.test'));
  at.put('HTTPRoute', httpRoute('steady', ['steady'], { '/steady': 'steady' }, ['steady.test']));
}

const find = ({ simulator }: Harness, type: AviType) => {
  const all = simulator.store
    .list(type)
    .filter(({ system, name }) => !system && /^ako-(gw|crd-operator)-cluster1/.test(name))
    .filter(({ name, body }) => !/\bsteady\b/.test(`${name} ${JSON.stringify(body.markers ?? '')}`));
  return all.find(({ body }) => !('vh_parent_vs_ref' in body)) ?? all[0];
};

/** What is compared: references end with the uuid. */
const valueOf = (at: Harness, type: AviType, field: string): unknown => find(at, type)?.body[field];

async function edit(at: Harness, type: AviType, { field, value }: Edit): Promise<void> {
  await at.client.request('PATCH', `/api/${type}/${find(at, type)?.uuid}`, { body: { replace: { [field]: value } } });
}

const drifted = async (at: Harness): Promise<number> =>
  Number(/avi_gateway_drift_objects_total (\d+)/.exec(await at.metrics.text())?.[1]);

describe.each(Object.entries(edits) as [AviType, Edit][])('an edit of a %s by hand', (type, made) => {
  it('is left and said where its type is only reported, and repaired where it is not', async () => {
    const drift = { mode: 'repair' as const, intervalMs: 20, reportTypes: [type] };
    const at = await start(made.manifests, drift);
    const before = valueOf(at, type, made.field);
    await edit(at, type, made);
    const edited = valueOf(at, type, made.field);
    expect(edited).not.toEqual(before);
    at.writes();
    await eventually(async () => expect(await drifted(at)).toBe(1), patienceMs);
    // Some looks more.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(valueOf(at, type, made.field)).toEqual(edited);
    expect(at.writes()).toEqual([]);

    drift.reportTypes = [];
    await at.client.request('PATCH', `/api/${type}/${find(at, type)?.uuid}`, {
      body: { replace: { [made.field]: before } },
    });
    await edit(at, type, made);
    await eventually(() => expect(valueOf(at, type, made.field)).toEqual(before), patienceMs);
    expect(await drifted(at)).toBeGreaterThan(1);
    await at.simulator.settled();
    const { requests, failures } = (await witness?.stop()) ?? { requests: 0, failures: [] };
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(10);
  }, 60_000);
});

it('every type that is written is tried', () => {
  expect([...Object.keys(edits), ...unwritten].sort()).toEqual([...aviTypes].sort());
});
