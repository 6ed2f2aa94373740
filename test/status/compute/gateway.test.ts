import { describe, expect, it } from '@jest/globals';
import type { Gateway } from '../../../generated/gateway-api.ts';
import type { Outcome } from '../../../src/apply/outcome.ts';
import { record } from '../../../src/values/read.ts';
import { computeGatewayStatus } from '../../../src/status/compute.ts';
import type { DesiredState } from '../../../src/translate/desired.ts';
import { gateway, listener, routed } from '../../routing/world.ts';
import {
  address,
  before,
  blocked,
  certificate,
  conditionsOf,
  desiredOf,
  done,
  failed,
  listOf,
  now,
  outcomeOf,
  parent,
  said,
  vip,
} from './world.ts';

type Spec = Partial<NonNullable<Gateway['spec']>>;
const all = desiredOf(parent, vip);
const programmed = outcomeOf(done(vip, address('10.0.0.9')), done(parent));

function compute(
  outcome: Outcome | undefined,
  {
    spec = {},
    desired = all,
    previous,
    generation = 3,
  }: { spec?: Spec; desired?: DesiredState; previous?: unknown; generation?: number } = {},
) {
  const result = routed({ gateways: [gateway(spec, { generation })] });
  return computeGatewayStatus(result, outcome, previous, now, desired);
}

const listenerStatus = (update: ReturnType<typeof compute>, name = 'http') =>
  listOf(update, 'listeners').find((entry) => entry['name'] === name) ?? {};

describe('a programmed Gateway', () => {
  const update = compute(programmed);

  it('is accepted and programmed in AKO’s words, with the generation that was looked at', () => {
    expect(update.metadata).toEqual({ namespace: 'default', name: 'gw', generation: 3 });
    expect(conditionsOf(update.status)).toEqual([
      {
        type: 'Accepted',
        status: 'True',
        reason: 'Accepted',
        message: 'Gateway configuration is valid',
        observedGeneration: 3,
        lastTransitionTime: now,
      },
      {
        type: 'Programmed',
        status: 'True',
        reason: 'Programmed',
        message: 'Virtual service configured/updated',
        observedGeneration: 3,
        lastTransitionTime: now,
      },
    ]);
  });

  it('has its address, and its listeners say the same', () => {
    expect(update.status['addresses']).toEqual([{ type: 'IPAddress', value: '10.0.0.9' }]);
    expect(listenerStatus(update)).toMatchObject({
      name: 'http',
      attachedRoutes: 0,
      supportedKinds: [
        { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' },
        { group: 'gateway.networking.k8s.io', kind: 'GRPCRoute' },
      ],
    });
    for (const condition of conditionsOf(listenerStatus(update))) expect(condition.observedGeneration).toBe(3);
    expect(said(listenerStatus(update), 'Programmed')).toBe('True/Programmed: Virtual service configured/updated');
  });

  it('is the same when nothing had to be written', () => {
    const unchanged = new Map(
      [...programmed].map(([id, outcome]) => [
        id,
        'object' in outcome && outcome.object ? { state: 'unchanged' as const, object: outcome.object } : outcome,
      ]),
    );
    expect(compute(unchanged)).toEqual(update);
  });
});

describe('addresses', () => {
  it.each<[string, object, readonly string[]]>([
    ['IPv4', { ip_address: { addr: '10.0.0.9', type: 'V4' } }, ['10.0.0.9']],
    ['IPv6', { ip6_address: { addr: '2001:db8::9', type: 'V6' } }, ['2001:db8::9']],
    [
      'both, IPv4 first',
      { ip6_address: { addr: '2001:db8::9' }, ip_address: { addr: '10.0.0.9' } },
      ['10.0.0.9', '2001:db8::9'],
    ],
    [
      'the floating one instead',
      { ip_address: { addr: '10.0.0.9' }, floating_ip: { addr: '198.51.100.9' } },
      ['198.51.100.9'],
    ],
  ])('%s', (_, entry, expected) => {
    const update = compute(outcomeOf(done(vip, { vip: [{ vip_id: '0', ...entry }] }), done(parent)));
    expect(listOf(update, 'addresses').map((address) => address['value'])).toEqual(expected);
  });

  const previous = { addresses: [{ type: 'IPAddress', value: '10.0.0.9' }] };
  it.each<[string, Outcome | undefined]>([
    ['before the first apply', undefined],
    ['when the controller is away', outcomeOf(failed(vip, 'connect ECONNREFUSED'), blocked(parent, vip))],
    ['when nothing is known of the VIP', outcomeOf(done(parent))],
    ['when the VIP comes back without address', outcomeOf(done(vip, { vip: [{ vip_id: '0' }] }), done(parent))],
  ])('stay as they were %s', (_, outcome) => {
    expect(compute(outcome, { previous }).status['addresses']).toEqual(previous.addresses);
  });

  it('follow the VIP', () => {
    const outcome = outcomeOf(done(vip, address('10.0.0.10')), done(parent));
    expect(compute(outcome, { previous }).status['addresses']).toEqual([{ type: 'IPAddress', value: '10.0.0.10' }]);
  });

  it('go when the Gateway is refused and its VIP is gone, not before', () => {
    const spec = { listeners: [listener({ protocol: 'example.com/other' })] };
    const refused = { spec, previous, desired: desiredOf() };
    expect(compute(undefined, refused).status['addresses']).toEqual(previous.addresses);
    expect(compute(new Map(), refused).status['addresses']).toEqual([]);
  });

  it('are awaited: Programmed says that the VIP has none yet', () => {
    const update = compute(outcomeOf(done(vip, { vip: [{ vip_id: '0' }] }), done(parent)));
    expect(said(update.status, 'Programmed')).toBe('False/AddressNotAssigned: The VIP has no address yet');
    expect(update.status).not.toHaveProperty('addresses');
  });
});

describe('Programmed of a Gateway that is not', () => {
  it.each<[string, Outcome | undefined, Spec, string]>([
    ['before the first apply', undefined, {}, 'Unknown/Pending: '],
    ['while the parent waits', outcomeOf(done(vip)), {}, 'Unknown/Pending: '],
    [
      'when the parent failed',
      outcomeOf(done(vip), failed(parent, 'Field x is wrong')),
      {},
      'False/Invalid: virtualservice admin/gw: Field x is wrong',
    ],
    [
      'when the parent is foreign',
      outcomeOf(done(vip), [parent, { state: 'refused', message: 'made by hand' }]),
      {},
      'False/Invalid: virtualservice admin/gw: made by hand',
    ],
    [
      'when what the parent needs failed',
      outcomeOf(failed(vip, 'Cloud not found'), blocked(parent, vip)),
      {},
      'False/Invalid: vsvip admin/gw: Cloud not found',
    ],
    [
      'when no address is left',
      outcomeOf(failed(vip, 'No available free IPs in network vip'), blocked(parent, vip)),
      {},
      'False/AddressNotAssigned: vsvip admin/gw: No available free IPs',
    ],
    [
      'when the static address is taken',
      outcomeOf(failed(vip, 'IP address 10.0.0.5 is already in use'), blocked(parent, vip)),
      { addresses: [{ value: '10.0.0.5' }] },
      'False/AddressNotUsable: 10.0.0.5 cannot be used: vsvip admin/gw: IP address',
    ],
    [
      'when the static address is outside',
      outcomeOf(failed(vip, 'No available free IPs'), blocked(parent, vip)),
      { addresses: [{ value: '10.0.0.5' }] },
      'False/AddressNotUsable: 10.0.0.5',
    ],
    [
      'with two addresses',
      undefined,
      { addresses: [{ value: '10.0.0.5' }, { value: '10.0.0.6' }] },
      'False/AddressNotUsable: More than one address is not supported',
    ],
    [
      'without valid listener',
      undefined,
      { listeners: [listener({ protocol: 'example.com/other' })] },
      'False/Invalid: Gateway not programmed',
    ],
    [
      'when blocked objects point at each other',
      outcomeOf(blocked(vip, parent), blocked(parent, vip)),
      {},
      'Unknown/Pending: ',
    ],
  ])('%s', (_, outcome, spec, expected) => {
    const update = compute(outcome, { spec });
    expect(said(update.status, 'Programmed')?.startsWith(expected)).toBe(true);
    expect(said(listenerStatus(update), 'Programmed')).not.toMatch(/^True/);
  });

  it('is what was known of this generation until the first apply (after a restart)', () => {
    const previous = compute(programmed).status;
    expect(compute(undefined, { previous }).status).toEqual(previous);
    expect(said(compute(undefined, { previous, generation: 4 }).status, 'Programmed')).toMatch(/^Unknown\/Pending/);
  });
});

describe('listeners', () => {
  const tls = { name: 'https', port: 443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'none' }] } };

  it('one that is not served says so, the others are programmed', () => {
    const update = compute(programmed, { spec: { listeners: [listener(), tls] } });
    expect(said(update.status, 'Accepted')).toBe('True/ListenersNotValid: Gateway contains atleast one valid listener');
    expect(said(listenerStatus(update, 'https'), 'Programmed')).toBe(
      'False/Invalid: Virtual service not configured/updated for this listener',
    );
    expect(said(listenerStatus(update), 'Programmed')).toMatch(/^True\/Programmed/);
  });

  it('one whose certificate the controller refuses has the message', () => {
    const base = routed({ gateways: [gateway()] });
    const [only] = base.listeners;
    const served = { ...base, listeners: only ? [only, { ...only, name: 'https' }] : [] };
    const outcome = outcomeOf(...[done(vip, address('10.0.0.9')), done(parent)], failed(certificate, 'bad key'));
    const update = computeGatewayStatus(served, outcome, undefined, now, desiredOf(parent, vip, certificate));
    expect(said(listenerStatus(update, 'https'), 'Programmed')).toBe(
      'False/Invalid: sslkeyandcertificate admin/cert: bad key',
    );
    expect(said(listenerStatus(update), 'Programmed')).toMatch(/^True/);
  });

  it('follow the spec: what is gone leaves the status', () => {
    const previous = {
      listeners: [
        { name: 'gone', conditions: [] },
        { name: 'http', conditions: [] },
      ],
    };
    expect(listOf(compute(programmed, { previous }), 'listeners').map((entry) => entry['name'])).toEqual(['http']);
  });
});

describe('what others wrote', () => {
  const foreign = {
    type: 'special.io/SomeField',
    status: 'True',
    reason: 'A',
    message: 'b',
    lastTransitionTime: before,
  };

  it('survives on the Gateway and on listeners', () => {
    const previous = {
      conditions: [foreign],
      fieldOfLaterBundles: 2,
      listeners: [{ name: 'http', conditions: [foreign] }],
    };
    const update = compute(programmed, { previous });
    expect(conditionsOf(update.status)).toContainEqual(foreign);
    expect(conditionsOf(listenerStatus(update))).toContainEqual(foreign);
    expect(update.status['fieldOfLaterBundles']).toBe(2);
  });

  it('is not overwritten by an older view', () => {
    const newer = {
      type: 'Accepted',
      status: 'False',
      reason: 'Invalid',
      message: 'x',
      observedGeneration: 9,
      lastTransitionTime: before,
    };
    expect(conditionsOf(compute(programmed, { previous: { conditions: [newer] } }).status)).toContainEqual(newer);
  });
});

describe('times', () => {
  it('move only with the status of a condition', () => {
    const first = compute(programmed).status;
    const conditions = conditionsOf(first).map((condition) => ({ ...condition, lastTransitionTime: before }));
    const previous = { ...first, conditions };
    const again = compute(programmed, { previous, generation: 4 });
    expect(conditionsOf(again.status).map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([before, before]);
    expect(conditionsOf(again.status).map(({ observedGeneration }) => observedGeneration)).toEqual([4, 4]);
    const broken = compute(outcomeOf(done(vip), failed(parent, 'x')), { previous });
    expect(conditionsOf(broken.status).map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([before, now]);
  });

  it('replace the conditions that the API server puts on a new Gateway', () => {
    const pending = (type: string) => ({
      type,
      status: 'Unknown',
      reason: 'Pending',
      message: 'Waiting for controller',
      lastTransitionTime: '1970-01-01T00:00:00Z',
    });
    const update = compute(programmed, { previous: { conditions: [pending('Accepted'), pending('Programmed')] } });
    expect(conditionsOf(update.status).map(({ type, status }) => `${type} ${status}`)).toEqual([
      'Accepted True',
      'Programmed True',
    ]);
  });

  it('take a condition away when it no longer applies', () => {
    const overlap = {
      type: 'OverlappingTLSConfig',
      status: 'True',
      reason: 'OverlappingHostnames',
      message: 'x',
      lastTransitionTime: before,
    };
    const previous = { listeners: [{ name: 'http', conditions: [overlap] }] };
    expect(said(listenerStatus(compute(programmed, { previous })), 'OverlappingTLSConfig')).toBeUndefined();
  });
});

it.each([undefined, null, 5, [], { conditions: 'x', listeners: [null, 5], addresses: {} }])(
  'reads any previous status: %j',
  (previous) => {
    const update = compute(programmed, { previous });
    expect(record(update.status)['conditions']).toHaveLength(2);
    expect(listOf(update, 'listeners')).toHaveLength(1);
  },
);
