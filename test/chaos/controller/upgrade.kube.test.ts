/** The controller gets another release under a running operator, which goes on asking for the one that it knows. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { AviClient } from '../../../src/avi/client.ts';
import { eventually } from '../../cluster/eventually.ts';
import { createAuthority } from '../../simulator/dataplane/tools/certificates.ts';
import { startFront } from './front.ts';
import { createControllerRig, factor, patience } from './rig.ts';

const rig = createControllerRig(2);
const drift = { mode: 'repair' as const, intervalMs: 30_000 };
const looks = 5;

/** Every object is written once more, as by the migration that comes with a release: it has another `_last_modified`. */
async function touchAll(admin: AviClient): Promise<void> {
  for (const type of ['pool', 'poolgroup', 'httppolicyset', 'vsvip', 'virtualservice']) {
    for (const { uuid, body, name } of rig.simulator().store.list(type)) {
      if (!name.startsWith('ako-gw')) continue;
      await admin.request('PUT', `/api/${type}/${uuid}`, { body });
    }
  }
}

const writes = (): number =>
  rig
    .simulator()
    .stats.read()
    .writes.filter(({ path }) => path.startsWith('/api/')).length;

describe('a controller', () => {
  it('that is upgraded refuses writes, then everything, and is then written to as before', async () => {
    const authority = await createAuthority();
    const front = await startFront(rig.simulator(), await authority.issue('localhost'));
    rig.onClose(front.close);
    const { simulator, addRoute } = rig;
    const operator = await rig.served({ addresses: [front.url], tls: { ca: authority.ca } }, { drift });
    addRoute('before');
    await rig.untilServed('before.example.test');

    const refused = { status: 403, body: { error: 'Configuration is disallowed during upgrade' } };
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      simulator().faults.add({ path: '/api/', method, times: 0, effect: { kind: 'status', ...refused } });
    addRoute('during');
    const before = simulator().stats.read().calls;
    // Three minutes, and two in which nothing answers.
    await sleep(180_000 / factor);
    simulator().faults.clear();
    simulator().faults.add({ times: 0, effect: { kind: 'status', status: 503 } });
    await sleep(120_000 / factor);
    expect(simulator().stats.read().calls - before).toBeLessThan(600);
    expect(rig.childrenOf('during.example.test')).toBe(0);
    simulator().faults.clear();

    simulator().upgrade('31.2.1');
    front.add({ since_31: { enabled: true, limits: [1, 2] }, vsgs_uuid: '' });
    await touchAll(await rig.administrator());
    await rig.untilServed('during.example.test');
    await operator.engine.idle();

    simulator().stats.reset();
    const text = await operator.metrics.text();
    await sleep((looks * drift.intervalMs) / factor);
    expect(simulator().stats.read().calls).toBeGreaterThan(looks);
    expect(writes()).toBe(0);
    const drifted = (metrics: string): string => /avi_gateway_drift_objects_total (\d+)/.exec(metrics)?.[1] ?? '';
    expect(drifted(await operator.metrics.text())).toBe(drifted(text));

    addRoute('after');
    await rig.untilServed('after.example.test');
    rig.feed().remove('HTTPRoute', 'default/before');
    await eventually(() => expect(rig.childrenOf('before.example.test')).toBe(0), patience);
    await rig.noneFailed();
  });

  it('that is set back to a release without what we need refuses all, says so, and is written to when it is new again', async () => {
    const { simulator, addRoute } = rig;
    const operator = await rig.served({}, { drift });
    simulator().upgrade('22.1.7');
    addRoute('late');
    await eventually(() => {
      const { conditions } = (operator.status('Gateway', 'default/gw') ?? {}) as {
        readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[];
      };
      const programmed = conditions?.find(({ type }) => type === 'Programmed');
      expect(programmed).toMatchObject({ status: 'False' });
      expect(programmed?.message).toContain('Unsupported API version v30_2_1');
    }, patience);
    const before = simulator().stats.read().calls;
    // Three minutes.
    await sleep(180_000 / factor);
    expect(simulator().stats.read().calls - before).toBeLessThan(400);
    simulator().upgrade('30.2.1');
    await rig.untilServed('late.example.test');
    await rig.noneFailed();
  });
});
