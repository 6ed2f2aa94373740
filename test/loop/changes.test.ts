import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Gateway, ListenerSet } from '../../generated/gateway-api.ts';
import type { Secret } from '../../src/routing/snapshot.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { pairSecret, selfSigned } from '../routing/pki.ts';
import {
  conditions,
  controllerContent,
  createHarness,
  gateway,
  gatewayClass,
  httpRoute,
  type Harness,
} from './harness.ts';
import { settle, sync, useRig } from './rig.ts';

const rig = useRig();

async function started(prepare: (harness: Harness) => void | Promise<void>): Promise<Harness> {
  const harness = await rig.create();
  harness.put('GatewayClass', gatewayClass());
  harness.service('one', ['10.0.0.1']);
  await prepare(harness);
  await sync(harness);
  harness.writes();
  return harness;
}

/** Puts a changed Gateway in, with its status as it is. */
function change(harness: Harness, key: string, edit: (spec: Gateway['spec']) => Gateway['spec']): void {
  const current = harness.state.get('Gateway', key);
  if (!current) throw new Error(`no Gateway ${key}`);
  const generation = (current.metadata?.generation ?? 1) + 1;
  harness.put('Gateway', { ...current, metadata: { ...current.metadata, generation }, spec: edit(current.spec) });
}

const makeSecret = async (name: string, host: string): Promise<Secret> => pairSecret(name, await selfSigned([host]));

describe('a static address', () => {
  const at = (value: string) => (spec: Gateway['spec']) => ({ ...spec, addresses: [{ type: 'IPAddress', value }] });
  const addresses = (harness: Harness): unknown => harness.status('Gateway', 'default/gw')?.addresses;

  it('moves by a new VIP that the virtual service is pointed to before the old one goes', async () => {
    const harness = await started((it) => it.put('Gateway', gateway('gw', 'a.example.test')));
    change(harness, 'default/gw', at('127.10.0.77'));
    await settle(harness, ['default/gw']);
    expect(addresses(harness)).toEqual([{ type: 'IPAddress', value: '127.10.0.77' }]);
    expect(harness.writes()).toEqual(['POST vsvip', 'PUT virtualservice', 'DELETE vsvip']);
    change(harness, 'default/gw', at('127.10.0.78'));
    await settle(harness, ['default/gw']);
    expect(addresses(harness)).toEqual([{ type: 'IPAddress', value: '127.10.0.78' }]);
    expect(harness.names().filter((name) => name.startsWith('vsvip'))).toHaveLength(1);
    await settle(harness, ['default/gw']);
    harness.writes();
    await settle(harness, ['default/gw']);
    expect(harness.writes()).toEqual([]);
  });
});

describe('a certificate', () => {
  const https = (gatewayName: string, secret: string): Gateway => {
    const made = gateway(gatewayName);
    const tls = { mode: 'Terminate', certificateRefs: [{ group: '', kind: 'Secret', name: secret }] } as const;
    const listener = { name: 'https', port: 443, protocol: 'HTTPS', hostname: 'a.example.test', tls };
    return { ...made, spec: { ...made.spec, listeners: [listener] } };
  };
  const pems = (harness: Harness): readonly unknown[] =>
    harness.simulator.store
      .list('sslkeyandcertificate')
      .filter(({ name }) => name.startsWith('ako-gw-c1--'))
      .map(({ body }) => (body.certificate as { certificate: string }).certificate.trim());

  it('is replaced in place when its Secret is rotated', async () => {
    const [before, after] = [await makeSecret('cert', 'a.example.test'), await makeSecret('cert', 'a.example.test')];
    const harness = await started((it) => {
      it.put('Secret', before);
      it.put('Gateway', https('gw', 'cert'));
    });
    expect(conditions(harness.status('Gateway', 'default/gw'))).toContain('Programmed=True/Programmed');
    harness.put('Secret', after);
    await settle(harness, ['default/gw']);
    expect(harness.writes()).toEqual(['PUT sslkeyandcertificate']);
    expect(pems(harness)).toEqual([
      Buffer.from(after.data?.['tls.crt'] ?? '', 'base64')
        .toString()
        .trim(),
    ]);
    expect(await harness.metrics.text()).toContain(
      'avi_gateway_certificate_expiry_timestamp_seconds{secret="default/cert"}',
    );
  });

  it('goes only after the virtual service uses the new one', async () => {
    const [one, two] = [await makeSecret('one', 'a.example.test'), await makeSecret('two', 'a.example.test')];
    const harness = await started((it) => {
      it.put('Secret', one, two);
      it.put('Gateway', https('gw', 'one'));
    });
    change(harness, 'default/gw', () => https('gw', 'two').spec);
    await settle(harness, ['default/gw']);
    expect(harness.writes()).toEqual([
      'POST sslkeyandcertificate',
      'PUT virtualservice',
      'DELETE sslkeyandcertificate',
    ]);
    expect(await harness.metrics.text()).not.toContain('secret="default/one"');
  });
});

describe('names that meet', () => {
  it('stay with the oldest, also when both come at once, and the other follows when it goes', async () => {
    const harness = await started((it) => {
      it.put('Gateway', gateway('b-c', 'x.example.test', { namespace: 'a', created: '2026-03-01T00:00:00Z' }));
      it.put('Gateway', gateway('c', 'y.example.test', { namespace: 'a-b', created: '2026-02-01T00:00:00Z' }));
    });
    const services = (): readonly string[] => harness.names().filter((name) => name.startsWith('virtualservice'));
    expect(services()).toEqual([
      'virtualservice ako-gw-c1--a-b-c-EVH',
      expect.stringMatching(/^virtualservice ako-gw-c1--a-b-c-EVH-[0-9a-f]{8}$/),
    ]);
    harness.state.remove('Gateway', 'a-b/c');
    await settle(harness, ['a-b/c']);
    await settle(harness, []);
    expect(services()).toEqual(['virtualservice ako-gw-c1--a-b-c-EVH']);
    expect(conditions(harness.status('Gateway', 'a/b-c'))).toContain('Programmed=True/Programmed');
  });
});

describe('the order of events', () => {
  const events: readonly ((harness: Harness) => void)[] = [
    (it) => it.put('GatewayClass', gatewayClass()),
    (it) => it.put('Gateway', gateway('gw', '*.example.test')),
    (it) =>
      it.put('Gateway', gateway('rival', 'a.example.test', { namespace: 'other', created: '2026-02-01T00:00:00Z' })),
    (it) => it.put('HTTPRoute', httpRoute('r1', ['gw'], { '/a': 'one' }, ['a.example.test'])),
    (it) =>
      it.put('HTTPRoute', httpRoute('r2', ['gw'], { '/a': 'one', '/b': 'two' }, ['a.example.test', 'b.example.test'])),
    (it) => it.service('one', ['10.0.0.1', '10.0.0.2']),
    (it) => it.service('two', ['10.0.0.3']),
  ];

  it('makes no difference in the end', async () => {
    const reference = await rig.create();
    for (const event of events) event(reference);
    await sync(reference);
    const wanted = controllerContent(rig.simulator);
    expect(wanted).toContain('vh_matches');
    const order = fc.shuffledSubarray([...events], { minLength: events.length });
    await fc.assert(
      fc.asyncProperty(
        order,
        fc.array(fc.boolean(), { minLength: events.length, maxLength: events.length }),
        async (shuffled, pauses) => {
          rig.simulator.reset();
          const harness = await createHarness({ simulator: rig.simulator });
          try {
            harness.engine.start();
            for (const [index, event] of shuffled.entries()) {
              event(harness);
              harness.engine.mark(['default/gw', 'other/rival'], 'all', true);
              if (pauses[index]) await harness.engine.idle();
            }
            await harness.engine.idle();
            expect(controllerContent(rig.simulator)).toBe(wanted);
          } finally {
            await harness.close();
          }
        },
      ),
      { seed: 11, numRuns: 8 },
    );
  }, 60_000);
});

describe('statuses of many routes', () => {
  const names = Array.from({ length: 12 }, (_, place) => `r${place}`);

  it('are written once a route while a slow controller is at work, and not again for other routes', async () => {
    const slow = await startSimulator({ dataPlane: false, latencyMs: 120 });
    const harness = await rig.create({ simulator: slow });
    harness.put('GatewayClass', gatewayClass());
    harness.service('one', ['10.0.0.1']);
    harness.put('Gateway', gateway('gw'));
    await sync(harness);
    harness.submitted.length = 0;
    const route = (name: string) => httpRoute(name, ['gw'], { [`/${name}`]: 'one' }, [`${name}.example.test`]);
    harness.put('HTTPRoute', ...names.map(route));
    await settle(harness, ['default/gw']);
    harness.put('HTTPRoute', route('one-more'));
    await settle(harness, ['default/gw']);
    await harness.close();
    await slow.close();

    const written = harness.submitted.filter(({ kind }) => kind === 'HTTPRoute');
    const changed = written.filter(
      ({ status }, place) =>
        JSON.stringify(
          written.findLast((other, at) => at < place && other.metadata.name === written[place]?.metadata.name)?.status,
        ) !== JSON.stringify(status),
    );
    expect(changed.map(({ metadata }) => metadata.name).sort()).toEqual([...names, 'one-more'].sort());
    const [first] = changed;
    expect(conditions((first?.status.parents as readonly Record<string, unknown>[])[0])).toContain(
      'Programmed=True/Programmed',
    );
  });
});

describe('a ListenerSet', () => {
  const set = (status?: object): ListenerSet => ({
    metadata: { name: 'set', namespace: 'default', generation: 1, creationTimestamp: '2026-01-02T00:00:00Z' },
    spec: { parentRef: { name: 'gw' }, listeners: [{ name: 'more', port: 8080, protocol: 'HTTP' }] },
    ...(status === undefined ? {} : { status }),
  });
  const allowing = (): Gateway => {
    const own = gateway('gw');
    return { ...own, spec: { ...own.spec, allowedListeners: { namespaces: { from: 'All' } } } };
  };
  const said = (harness: Harness) => conditions(harness.status('ListenerSet', 'default/set'));
  const orphaned = ['Accepted=False/ParentNotAccepted', 'Programmed=False/ParentNotAccepted'];

  it('says that its Gateway is gone, also to who finds out after a restart', async () => {
    const harness = await started((into) => {
      into.put('Gateway', allowing());
      into.put('ListenerSet', set());
    });
    expect(said(harness)).toEqual(['Accepted=True/Accepted', 'Programmed=True/Programmed']);
    const accepted = harness.status('ListenerSet', 'default/set');
    harness.state.remove('Gateway', 'default/gw');
    await settle(harness, ['default/gw']);
    expect(said(harness)).toEqual(orphaned);

    const later = await started((into) => into.put('ListenerSet', set(accepted)));
    expect(said(later)).toEqual(orphaned);
  });
});

it('follows the endpoints of a Service that gets copies of requests', async () => {
  const route = httpRoute('r', ['gw'], { '/': 'one' });
  const backendRef = { group: '', kind: 'Service', name: 'shadow', port: 80 };
  const rules = route.spec.rules?.map((rule) => ({
    ...rule,
    filters: [{ type: 'RequestMirror' as const, requestMirror: { backendRef } }],
  }));
  const harness = await started((it) => {
    it.service('shadow', ['10.0.1.1']);
    it.put('Gateway', gateway('gw', 'a.example.test'));
    it.put('HTTPRoute', { ...route, spec: { ...route.spec, ...(rules && { rules }) } });
  });
  harness.service('shadow', ['10.0.1.1', '10.0.1.2']);
  harness.engine.mark(['default/gw'], ['default/shadow'], true);
  await harness.engine.idle();
  expect(harness.writes()).toEqual(['PUT pool']);
});
