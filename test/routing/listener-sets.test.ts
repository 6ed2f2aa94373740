import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ListenerSet } from '../../generated/gateway-api.ts';
import { pairSecret, selfSigned, type Pair } from './pki.ts';
import {
  app,
  settings,
  gateway,
  grant,
  httpRoute,
  listener,
  listenerOf,
  parentOf,
  routed,
  verdict,
  type Listener,
  type World,
} from './world.ts';

let pair: Pair;

beforeAll(async () => {
  pair = await selfSigned(['a.example']);
});

function listenerSet(name: string, listeners: readonly Listener[], day = 2, namespace = 'default'): ListenerSet {
  return {
    metadata: { name, namespace, generation: 1, creationTimestamp: `2026-01-0${day}T00:00:00Z` },
    spec: { parentRef: { name: 'gw', namespace: 'default' }, listeners: [...listeners] },
  };
}

const allowing = (from: 'All' | 'Same' | 'None') => gateway({ allowedListeners: { namespaces: { from } } });
const route = (listenerSets: readonly ListenerSet[], world: World = {}, from: 'All' | 'Same' | 'None' = 'All') =>
  routed({ gateways: [allowing(from)], listenerSets, ...app, ...world }, settings);
const web = (hostname: string, port = 8080, part: Partial<Listener> = {}) =>
  listener({ name: 'web', port, hostname, ...part });

describe('ListenerSets', () => {
  it('stand behind the Gateway’s own listeners, the oldest first', () => {
    const result = route([listenerSet('young', [web('b.example')], 4), listenerSet('old', [web('a.example')], 3)]);
    expect(result.listeners.map(({ set, name, serving }) => [set, name, serving])).toEqual([
      [undefined, 'http', true],
      ['default/old', 'web', true],
      ['default/young', 'web', true],
    ]);
    expect(result.listenerSets.map(({ key, attached, listeners }) => [key, attached, listeners.length])).toEqual([
      ['default/old', true, 1],
      ['default/young', true, 1],
    ]);
    expect(verdict(result.listenerSets[0]?.conditions ?? [], 'Accepted')).toBe('True/Accepted');
  });

  it('lose a listener to the Gateway without losing its siblings, or those of later sets, to it', () => {
    const tcp = listener({ name: 'tcp', port: 80, protocol: 'TCP' });
    const result = route([
      listenerSet('old', [web('a.example', 80), tcp], 3),
      listenerSet('young', [web('b.example', 80)], 4),
    ]);
    expect(result.listeners.map(({ set, name, serving }) => [set, name, serving])).toEqual([
      [undefined, 'http', true],
      ['default/old', 'web', true],
      ['default/old', 'tcp', false],
      ['default/young', 'web', true],
    ]);
    expect(verdict(listenerOf(result, 'tcp').conditions, 'Accepted')).toBe('False/ProtocolConflict');
  });

  it.each<['All' | 'Same' | 'None', string, string]>([
    ['None', 'default', 'False/NotAllowed'],
    ['Same', 'default', 'True/Accepted'],
    ['Same', 'far', 'False/NotAllowed'],
    ['All', 'far', 'True/Accepted'],
  ])('with allowedListeners %s from namespace %s are %s', (from, namespace, accepted) => {
    const result = route([listenerSet('set', [web('a.example')], 2, namespace)], {}, from);
    expect(verdict(result.listenerSets[0]?.conditions ?? [], 'Accepted')).toBe(accepted);
    expect(result.listeners).toHaveLength(accepted.startsWith('True') ? 2 : 1);
  });

  it('lose to the Gateway and to older sets, which keep what they have', () => {
    const result = route([
      listenerSet('young', [web('a.example'), listener({ name: 'same' })], 4),
      listenerSet('old', [web('a.example')], 3),
    ]);
    const verdicts = result.listeners.map(({ set, name, conditions }) => [
      set,
      name,
      verdict(conditions, 'Conflicted'),
    ]);
    expect(verdicts).toEqual([
      [undefined, 'http', 'False/NoConflicts'],
      ['default/old', 'web', 'False/NoConflicts'],
      ['default/young', 'web', 'True/HostnameConflict'],
      ['default/young', 'same', 'True/HostnameConflict'],
    ]);
    expect(verdict(result.listenerSets[1]?.conditions ?? [], 'Accepted')).toBe('False/ListenersNotValid');
    expect(result.listenerSets[1]?.attached).toBe(false);
    expect(verdict(result.conditions, 'Accepted')).toBe('True/Accepted');
  });

  it('take the routes that name them, which do not get the Gateway’s', () => {
    const named = httpRoute({ parentRefs: [{ kind: 'ListenerSet', name: 'set' }] });
    const other = httpRoute({}, { name: 'other' });
    const result = route([listenerSet('set', [web('a.example')])], { routes: [named, other] });
    expect(result.routes.map(({ name, listeners }) => [name, listeners])).toEqual([
      ['other', ['http']],
      ['route', ['default/set/web']],
    ]);
    const listeners = [listenerOf(result, 'http'), listenerOf(result, 'web')];
    expect(listeners.map(({ attachedRoutes }) => attachedRoutes)).toEqual([1, 1]);
    const wrong = httpRoute({ parentRefs: [{ kind: 'ListenerSet', name: 'set', sectionName: 'http' }] });
    const refused = route([listenerSet('set', [web('a.example')])], { routes: [wrong] });
    expect(verdict(parentOf(refused).conditions, 'Accepted')).toBe('False/NoMatchingParent');
  });

  it('use grants of their own kind and namespace', () => {
    const tls = { certificateRefs: [{ name: 'cert', namespace: 'certs' }] };
    const sets = [listenerSet('set', [web('a.example', 443, { protocol: 'HTTPS', tls })], 2, 'far')];
    const secrets = [pairSecret('cert', pair, 'certs')];
    const from = (kind: string) =>
      grant('certs', { group: 'gateway.networking.k8s.io', kind, namespace: 'far' }, { group: '', kind: 'Secret' });
    const refs = (kind: string) =>
      verdict(listenerOf(route(sets, { secrets, grants: [from(kind)] }), 'web').conditions, 'ResolvedRefs');
    expect(refs('Gateway')).toBe('False/RefNotPermitted');
    expect(refs('ListenerSet')).toBe('True/ResolvedRefs');
  });
});

describe('validation of client certificates', () => {
  const tls = { certificateRefs: [{ name: 'cert' }] };
  const https = listener({ name: 'https', port: 443, protocol: 'HTTPS', tls });
  const validation = { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'ca' }] };
  const world = (): World => ({
    gateways: [gateway({ listeners: [listener(), https], tls: { frontend: { default: { validation } } } })],
    secrets: [pairSecret('cert', pair)],
  });
  const configMaps = () => [{ metadata: { name: 'ca', namespace: 'default' }, data: { 'ca.crt': pair.certificate } }];

  it('is that of the port, else the default', () => {
    const result = route([], { ...world(), configMaps: configMaps() });
    const wanted = { caCertificates: [pair.certificate], mode: 'AllowValidOnly' };
    expect(listenerOf(result, 'https').clientValidation).toEqual(wanted);
    expect(listenerOf(result, 'http').clientValidation).toBeUndefined();
    const frontend = { default: { validation }, perPort: [{ port: 443, tls: {} }] };
    const open = [gateway({ listeners: [https], tls: { frontend } })];
    expect(listenerOf(route([], { ...world(), gateways: open }), 'https').clientValidation).toBeUndefined();
  });

  it('trusts a ClusterTrustBundle, which is in no namespace', () => {
    const ref = { group: 'certificates.k8s.io', kind: 'ClusterTrustBundle', name: 'roots' };
    const clusterTrustBundles = [{ metadata: { name: 'roots' }, spec: { trustBundle: pair.certificate } }];
    const of = (caCertificateRefs: (typeof validation)['caCertificateRefs']) => {
      const frontend = { default: { validation: { caCertificateRefs } } };
      const gateways = [gateway({ listeners: [https], tls: { frontend } })];
      return listenerOf(route([], { ...world(), gateways, clusterTrustBundles }), 'https');
    };
    expect(of([ref]).clientValidation?.caCertificates).toEqual([pair.certificate]);
    const scoped = of([{ ...ref, namespace: 'default' } as typeof ref]);
    expect(verdict(scoped.conditions, 'ResolvedRefs')).toBe('False/InvalidCACertificateRef');
    expect(scoped.serving).toBe(false);
  });

  it('keeps a listener closed without any authority', () => {
    const result = route([], world());
    const { conditions, serving } = listenerOf(result, 'https');
    expect(serving).toBe(false);
    expect(verdict(conditions, 'Accepted')).toBe('False/NoValidCACertificate');
    expect(verdict(conditions, 'ResolvedRefs')).toBe('False/InvalidCACertificateRef');
    expect(listenerOf(result, 'http').serving).toBe(true);
  });

  it('says in the Gateway’s status that some ports let everybody in, as long as they do', () => {
    const conditionOf = (mode: 'AllowValidOnly' | 'AllowInsecureFallback') => {
      const frontend = { default: {}, perPort: [{ port: 443, tls: { validation: { ...validation, mode } } }] };
      const gateways = [gateway({ listeners: [https], tls: { frontend } })];
      const { conditions } = route([], { ...world(), gateways, configMaps: configMaps() });
      return conditions.find(({ type }) => type === 'InsecureFrontendValidationMode');
    };
    expect(conditionOf('AllowInsecureFallback')).toMatchObject({ status: 'True', reason: 'ConfigurationChanged' });
    expect(conditionOf('AllowValidOnly')).toBeUndefined();
  });

  it('refuses a port with fallback beside a strict one, a ListenerSet’s too, since Avi has one answer for all ports', () => {
    const lenient = { ...validation, mode: 'AllowInsecureFallback' as const };
    const frontend = { default: { validation: lenient }, perPort: [{ port: 8443, tls: { validation } }] };
    const gatewayOf = (listeners: readonly Listener[]) => ({
      ...gateway({ listeners: [...listeners], tls: { frontend }, allowedListeners: { namespaces: { from: 'All' } } }),
    });
    const given = { ...world(), configMaps: configMaps() };
    const strict = listener({ name: 'strict', port: 8443, protocol: 'HTTPS', tls });
    const both = route([], { ...given, gateways: [gatewayOf([https, strict])] });
    expect(listenerOf(both, 'strict').serving).toBe(true);
    expect(verdict(listenerOf(both, 'https').conditions, 'Accepted')).toBe('False/UnsupportedValue');
    expect(listenerOf(both, 'https').serving).toBe(false);
    const alone = route([], { ...given, gateways: [gatewayOf([https])] });
    expect(listenerOf(alone, 'https').serving).toBe(true);
    const bySet = route([listenerSet('set', [strict])], { ...given, gateways: [gatewayOf([https])] });
    expect(listenerOf(bySet, 'https').serving).toBe(false);
    expect(listenerOf(bySet, 'strict').serving).toBe(true);
  });
});
