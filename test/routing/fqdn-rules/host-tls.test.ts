/** What HostRules say of TLS: certificates and an SSL profile for the Gateway's HTTPS listeners. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { AviFrontendPolicy, HostRule } from '../../../generated/extensions.ts';
import type { ListenerSet } from '../../../generated/gateway-api.ts';
import { judgeSettings } from '../../../src/routing/extensions/extension-settings.ts';
import { pairSecret, selfSigned, type Pair } from '../pki.ts';
import {
  app,
  gateway,
  httpRoute,
  listener,
  routed,
  settings,
  snapshotOf,
  type Listener,
  type World,
} from '../world.ts';

type Tls = NonNullable<HostRule['spec']['virtualhost']['tls']>;

let pair: Pair;
beforeAll(async () => {
  pair = await selfSigned(['*.x.y']);
});

const hostRule = (fqdn: string, tls: Tls, namespace = 'default'): HostRule => ({
  metadata: { name: fqdn.replace('.', '-'), namespace, creationTimestamp: '2026-02-01T00:00:00Z' },
  spec: { virtualhost: { fqdn, tls } },
});
const named = (name: string, more: Partial<Tls> = {}): Tls => ({ sslKeyCertificate: { name, type: 'ref' }, ...more });
const https = (hostname: string, part: Partial<Listener['tls']> = {}): Listener =>
  listener({
    name: hostname.replaceAll('.', '-'),
    port: 443,
    protocol: 'HTTPS',
    hostname,
    tls: { certificateRefs: [{ name: 'cert' }], ...part },
  });

const keyed = <T extends { readonly metadata: { readonly namespace?: string; readonly name?: string } }>(
  objects: readonly T[],
) => new Map(objects.map((object) => [`${object.metadata.namespace}/${object.metadata.name}`, object]));

function world(rules: readonly HostRule[], more: World = {}, policies: readonly AviFrontendPolicy[] = []): World {
  return {
    gateways: [gateway({ listeners: [https('a.x.y'), https('b.x.y')] })],
    routes: [httpRoute({ hostnames: ['a.x.y', 'b.x.y'] })],
    secrets: [pairSecret('cert', pair)],
    ...app,
    ...more,
    extensions: { HostRule: keyed(rules), AviFrontendPolicy: keyed(policies) },
  };
}

const found = (given: World) => {
  const { hostTls, events, named: names, routes } = routed(given);
  const messages = events.filter(({ reason }) => reason === 'RuleByFqdnNotApplied').map(({ message }) => message);
  return { hostTls, messages, names, routes };
};

describe('certificates that HostRules name', () => {
  it('are for the HTTPS listeners, with their alternates, and are looked for on the controller', () => {
    const tls = { sslKeyCertificate: { name: 'ec', type: 'ref', alternateCertificate: { name: 'rsa', type: 'ref' } } };
    const { hostTls, messages, names, routes } = found(
      world([hostRule('a.x.y', tls as Tls), hostRule('b.x.y', named('b'))]),
    );
    expect(hostTls).toEqual({ certificates: ['b', 'ec', 'rsa'] });
    expect(messages).toEqual([]);
    expect(names).toContainEqual({ type: 'sslkeyandcertificate', name: 'rsa' });
    expect(routes.map(({ hostnames, part }) => [hostnames, part])).toEqual([[['a.x.y', 'b.x.y'], undefined]]);
  });

  it('that are not there keep their hosts from being served, and are not used', () => {
    const given = world([hostRule('a.x.y', named('gone'))], { missing: ['sslkeyandcertificate gone'] });
    const { hostTls, routes } = found(given);
    expect(hostTls).toBeUndefined();
    expect(routes.find(({ hostnames }) => hostnames.includes('a.x.y'))?.rules[0]?.action).toBe('fail');
    expect(routes.find(({ hostnames }) => hostnames.includes('b.x.y'))?.rules[0]?.action).toBe('forward');
  });

  it('hold only where the listeners are of the HostRule’s namespace', () => {
    const open = { allowedRoutes: { namespaces: { from: 'All' } } } as const;
    const listeners = [{ ...https('a.x.y'), ...open }];
    const routes = [
      httpRoute({ hostnames: ['a.x.y'], parentRefs: [{ name: 'gw', namespace: 'default' }] }, { namespace: 'team' }),
    ];
    const rules = [hostRule('a.x.y', named('a', { sslProfile: 'weak' }), 'team')];
    const foreign = found(world(rules, { gateways: [gateway({ listeners })], routes }));
    expect(foreign.hostTls).toBeUndefined();
    expect(foreign.messages).toEqual([
      'spec.virtualhost.tls.sslKeyCertificate of HostRule team/a-x.y does not hold for a.x.y: its HTTPS listeners are of another namespace, which names their certificates',
    ]);
  });

  it('are refused in the status where no HTTPS listener of the namespace has the host', () => {
    const judged = (fqdn: string, more: World = {}) =>
      judgeSettings(
        'HostRule',
        `default/${fqdn.replace('.', '-')}`,
        snapshotOf(world([hostRule(fqdn, named('a'))], more)),
        new Set(),
        settings,
      );
    expect(judged('c.x.y').failures).toEqual([
      expect.objectContaining({ message: expect.stringContaining('none of this namespace has the host') }),
    ]);
    expect(judged('a.x.y').failures).toEqual([]);
    const set: ListenerSet = {
      metadata: { name: 'set', namespace: 'default' },
      spec: { parentRef: { name: 'far', namespace: 'other' }, listeners: [https('c.x.y')] },
    };
    expect(judged('c.x.y', { listenerSets: [set] }).failures).toEqual([]);
  });

  it('mean nothing without an HTTPS listener, and say so', () => {
    const plain = world([hostRule('a.x.y', named('a'))], { gateways: [gateway()] });
    expect(found(plain)).toMatchObject({ messages: [expect.stringContaining('it has no HTTPS listener')] });
    expect(found(plain).hostTls).toBeUndefined();
  });

  it('are refused as Secrets', () => {
    const tls: Tls = { sslKeyCertificate: { name: 'cert', type: 'secret' }, sslProfile: 'strict', termination: 'edge' };
    const given = world([hostRule('a.x.y', tls)]);
    const judged = judgeSettings('HostRule', 'default/a-x.y', snapshotOf(given), new Set(), settings);
    expect(judged.failures).toEqual([
      expect.objectContaining({ message: expect.stringContaining('sslKeyCertificate: a Secret is for tls.cert') }),
    ]);
    expect(found(given).hostTls).toEqual({ certificates: [], sslProfile: 'strict' });
  });
});

describe('the SSL profile that a HostRule names', () => {
  const strict = hostRule('a.x.y', named('a', { sslProfile: 'strict' }));

  it('is that of all HTTPS listeners: of two the first route’s first host decides', () => {
    const other = hostRule('b.x.y', named('b', { sslProfile: 'other' }));
    const { hostTls, messages } = found(world([strict, other]));
    expect(hostTls).toEqual({ certificates: ['a', 'b'], sslProfile: 'strict' });
    expect(messages).toEqual([
      expect.stringMatching(/^spec\.virtualhost\.tls\.sslProfile .* which HostRule default\/a-/),
    ]);
  });

  it('has no say where a listener or a policy has decided', () => {
    const options = { 'avi.gateway-operator.io/min-tls-version': 'SSL_VERSION_TLS1_3' };
    const decided = found(world([strict], { gateways: [gateway({ listeners: [https('a.x.y', { options })] })] }));
    expect(decided.hostTls).toEqual({ certificates: ['a'] });
    expect(decided.messages).toEqual([expect.stringContaining('which listener a-x-y decides')]);
    const policy: AviFrontendPolicy = {
      metadata: { name: 'policy', namespace: 'default' },
      spec: {
        targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' }],
        minTLSVersion: 'SSL_VERSION_TLS1_2',
      },
    };
    expect(found(world([strict], {}, [policy])).messages).toEqual([
      expect.stringContaining('which AviFrontendPolicy default/policy decides'),
    ]);
  });
});
