/** Alerts choose series by label values: each of them is one that the operator writes when that goes wrong. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createAviClient } from '../../src/avi/client.ts';
import { startSimulator, type FaultEffect, type Simulator } from '../../src/simulator/simulator.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';

const rules = readFileSync(new URL('../../kustomize/components/alerts/prometheus-rule.yaml', import.meta.url), 'utf8');

/** `label` and one of the values that it is compared with. */
const wanted = [...rules.matchAll(/(\w+)=~?"([^"]+)"/g)].flatMap(([, label = '', values = '']) =>
  values.split('|').map((value) => [label, value] as const),
);

let simulator: Simulator;
let metrics: Metrics;
beforeAll(async () => {
  simulator = await startSimulator({ dataPlane: false });
  metrics = createMetrics();
  metrics.reconciled('failed', 1);
  const { url, ca, username, password } = simulator;
  const ask = async (secret: string, effect?: FaultEffect, type = 'pool'): Promise<void> => {
    simulator.faults.clear();
    if (effect) simulator.faults.add({ type, times: 0, effect });
    const client = createAviClient({
      addresses: [url],
      tls: { ca },
      credentials: () => ({ username, password: secret }),
      retry: { attempts: 1, baseMs: 1, capMs: 1, longestRetryAfterMs: 1 },
      onCall: (report) => metrics.apiCall(report),
    });
    await client.list('/api/pool/').catch(() => undefined);
    await client.close();
  };
  await ask('wrong');
  await ask(password, { kind: 'status', status: 403 }, 'login');
  await ask(password, { kind: 'status', status: 429 });
  await ask(password, { kind: 'status', status: 503 });
  await ask(password, { kind: 'status', status: 200, body: '<html>Please wait</html>' });
  await ask(password, { kind: 'drop' });
});
afterAll(() => simulator.close());

it.each(wanted)('%s %s', async (label, value) => {
  const served = [...(await metrics.text()).matchAll(new RegExp(`[{,]${label}="([^"]*)"`, 'g'))].map(
    ([, found]) => found,
  );
  expect(served).toContainEqual(expect.stringMatching(new RegExp(`^(?:${value})$`)));
});

it('finds values in the alerts', () => {
  expect(wanted.length).toBeGreaterThan(4);
});
