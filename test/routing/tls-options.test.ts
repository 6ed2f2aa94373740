/** `tls.options` of listeners: what is understood, what is refused, and what listeners share. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ListenerSet } from '../../generated/gateway-api.ts';
import { readTlsOptions } from '../../src/routing/listeners/tls-options.ts';
import { pairSecret, selfSigned, type Pair } from './pki.ts';
import { gateway, listener, listenerOf, messageOf, routed, verdict, type Listener, type World } from './world.ts';

type Options = Readonly<Record<string, string>>;

const own = (options: Options) =>
  Object.fromEntries(Object.entries(options).map(([key, value]) => [`avi.gateway-operator.io/${key}`, value]));

let pair: Pair;
beforeAll(async () => {
  pair = await selfSigned(['*.x.y']);
});

const secure = (name: string, options?: Options, part: Partial<Listener> = {}): Listener =>
  listener({
    name,
    port: 443,
    protocol: 'HTTPS',
    hostname: `${name}.x.y`,
    tls: { certificateRefs: [{ name: 'cert' }], ...(options && { options: own(options) }) },
    ...part,
  });

const world = (...listeners: readonly Listener[]): World => ({
  gateways: [gateway({ listeners: [...listeners], allowedListeners: { namespaces: { from: 'All' } } })],
  secrets: [pairSecret('cert', pair), { ...pairSecret('cert', pair), metadata: { name: 'cert', namespace: 'team' } }],
});

const setOf = (listeners: readonly Listener[]): ListenerSet => ({
  metadata: { name: 'set', namespace: 'team', creationTimestamp: '2026-01-03T00:00:00Z' },
  spec: { parentRef: { name: 'gw', namespace: 'default' }, listeners: [...listeners] },
});

const serving = (given: World) => routed(given).listeners.map((one) => [one.name, one.serving]);

describe('options of a listener', () => {
  it.each<[Options, object]>([
    [{ 'ssl-profile': 'System-Standard-PFS' }, { sslProfile: 'System-Standard-PFS' }],
    [{ 'min-tls-version': 'SSL_VERSION_TLS1_3' }, { minTLSVersion: 'SSL_VERSION_TLS1_3' }],
    [
      { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256' },
      { ciphers: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256'] },
    ],
  ])('%j', (options, settings) => {
    expect(readTlsOptions(own(options))).toEqual({ settings });
    expect(listenerOf(routed(world(secure('a', options))), 'a')).toMatchObject({
      serving: true,
      tlsSettings: settings,
    });
  });

  it.each<[Options, RegExp]>([
    [{ 'ssl-profiles': 'a' }, /ssl-profiles\] is not known; known are avi\.gateway-operator\.io\/ssl-profile, /],
    [{ 'ssl-profile': '' }, /ssl-profile\] must be the name/],
    [{ 'ssl-profile': 'a', ciphers: 'AES128-SHA' }, /ssl-profile\] stands alone/],
    [{ 'min-tls-version': '1.2' }, /min-tls-version\] must be one of SSL_VERSION_TLS1, /],
    [{ ciphers: ' , ' }, /ciphers\] must name ciphers/],
    [{ ciphers: 'AES128-SHA:RC4' }, /ciphers\] RC4 is no cipher/],
    [{ 'min-tls-version': 'SSL_VERSION_TLS1_3', ciphers: 'AES128-SHA' }, /ciphers\] none of the ciphers is one of/],
  ])('%j is refused, and hurts no other listener', (options, message) => {
    const result = routed(world(secure('b'), secure('a', options)));
    const refused = listenerOf(result, 'a');
    expect(refused).toMatchObject({ serving: false });
    expect(verdict(refused.conditions, 'Accepted')).toBe('False/UnsupportedValue');
    expect(messageOf(refused.conditions, 'Accepted')).toMatch(message);
    expect(messageOf(refused.conditions, 'Accepted')).toContain('spec.listeners[1].tls.options');
    expect(listenerOf(result, 'b')).toMatchObject({ serving: true });
    expect(messageOf(listenerOf(result, 'b').conditions, 'Accepted')).toBe('Listener is valid');
  });

  it('of other implementations are refused too, and so are options where the servers end TLS', () => {
    const foreign = secure('a', undefined, {
      tls: { certificateRefs: [{ name: 'cert' }], options: { 'example.com/min': '1.3' } },
    });
    const passed = listener({
      name: 'p',
      port: 9443,
      protocol: 'TLS',
      tls: { mode: 'Passthrough', options: own({ 'ssl-profile': 'a' }) },
    });
    const result = routed(world(foreign, passed));
    expect(result.listeners.map(({ conditions }) => verdict(conditions, 'Accepted'))).toEqual([
      'False/UnsupportedValue',
      'False/UnsupportedValue',
    ]);
    expect(messageOf(listenerOf(result, 'p').conditions, 'Accepted')).toContain('mode Passthrough');
  });

  it('that name a profile which is not there wait for it, and other listeners do not', () => {
    const given = world(secure('a', { 'ssl-profile': 'Late' }), secure('b'));
    const waiting = routed({ ...given, missing: ['sslprofile Late'] });
    const { conditions } = listenerOf(waiting, 'a');
    expect(serving({ ...given, missing: ['sslprofile Late'] })).toEqual([
      ['a', false],
      ['b', true],
    ]);
    expect(verdict(conditions, 'ResolvedRefs')).toBe('False/InvalidSSLProfileRef');
    expect(verdict(conditions, 'Accepted')).toBe('False/Invalid');
    expect(messageOf(conditions, 'ResolvedRefs')).toContain('the controller has no sslprofile Late');
    expect(waiting.named).toContainEqual({ type: 'sslprofile', name: 'Late' });
    expect(serving(given)).toEqual([
      ['a', true],
      ['b', true],
    ]);
  });
});

describe('listeners of one virtual service', () => {
  const strict = { 'min-tls-version': 'SSL_VERSION_TLS1_3' };
  const weak = { 'min-tls-version': 'SSL_VERSION_TLS1' };

  it('go along with the first that has options, and say so', () => {
    const result = routed(world(secure('a'), secure('b', strict), secure('c', strict)));
    expect(result.listeners.map((one) => one.serving)).toEqual([true, true, true]);
    expect(messageOf(listenerOf(result, 'a').conditions, 'Accepted')).toContain('TLS options of listener b hold here');
    expect(messageOf(listenerOf(result, 'c').conditions, 'Accepted')).toBe('Listener is valid');
  });

  it('are refused where they ask for something else', () => {
    const given = world(secure('a', strict), secure('b', weak), secure('c'));
    expect(serving(given)).toEqual([
      ['a', true],
      ['b', false],
      ['c', true],
    ]);
    expect(messageOf(listenerOf(routed(given), 'b').conditions, 'Accepted')).toMatch(/listener a asks for another/);
  });

  it('are those of one protocol: others have a virtual service of their own', () => {
    const tls = secure('t', weak, { port: 9443, protocol: 'TLS' });
    expect(serving(world(secure('a', strict), tls))).toEqual([
      ['a', true],
      ['t', true],
    ]);
  });

  it('cannot be weakened by a ListenerSet', () => {
    const listenerSets = [setOf([secure('s', weak)])];
    expect(serving({ ...world(secure('a')), listenerSets })).toEqual([
      ['a', true],
      ['s', false],
    ]);
    expect(serving({ ...world(secure('a', weak)), listenerSets })).toEqual([
      ['a', true],
      ['s', true],
    ]);
    expect(serving({ ...world(listener()), listenerSets })).toEqual([
      ['http', true],
      ['s', true],
    ]);
  });
});
