import { describe, expect, it } from '@jest/globals';
import type { ServiceType } from '../../src/routing/settings.ts';
import type { WatchedObjects } from '../../src/cluster/kinds.ts';
import { createHarness, recordingSources } from './harness.ts';
import {
  backendTlsPolicy,
  configMap,
  endpointSlice,
  gateway,
  gatewayClass,
  httpRoute,
  listenerSet,
  namespace,
  node,
  pod,
  referenceGrant,
  secret,
  service,
} from './objects.ts';

const all = (...gateways: string[]) => ({ gateways, reason: 'all', explained: true });

describe('GatewayClass handler', () => {
  it('marks the Gateways of a class of ours, whether the class or the Gateways came first', () => {
    const { tell, classes } = createHarness();
    expect(tell('Gateway', 'ADDED', gateway('a/gw'))).toEqual([]);
    expect(tell('GatewayClass', 'ADDED', gatewayClass('avi-lb'))).toEqual([all('a/gw')]);
    expect(classes).toEqual(['avi-lb']);
    expect(tell('Gateway', 'ADDED', gateway('b/gw'))).toEqual([all('b/gw')]);
    expect(classes).toEqual(['avi-lb']);
  });

  it('leaves classes of others alone', () => {
    const { tell, classes } = createHarness();
    tell('Gateway', 'ADDED', gateway('a/gw', { className: 'other' }));
    expect(tell('GatewayClass', 'ADDED', gatewayClass('other', 'example.com/other'))).toEqual([]);
    expect(classes).toEqual([]);
    expect(tell('Gateway', 'MODIFIED', gateway('a/gw', { className: 'other', generation: 2 }))).toEqual([]);
    expect(classes).toEqual([]);
  });

  it('hears of a finalizer that somebody took away, not of one that came', () => {
    const { tell, classes } = createHarness();
    const withFinalizers = (...finalizers: string[]) => {
      const plain = gatewayClass('avi-lb');
      return { ...plain, metadata: { ...plain.metadata, finalizers } };
    };
    tell('GatewayClass', 'ADDED', gatewayClass('avi-lb'));
    tell('GatewayClass', 'MODIFIED', withFinalizers('ours', 'theirs'));
    expect(classes).toEqual([]);
    tell('GatewayClass', 'MODIFIED', withFinalizers('theirs'));
    expect(classes).toEqual(['avi-lb']);
  });

  it('marks the Gateways when the class goes', () => {
    const { tell, classes } = createHarness();
    tell('GatewayClass', 'ADDED', gatewayClass('avi-lb'));
    tell('Gateway', 'ADDED', gateway('a/gw'));
    expect(tell('GatewayClass', 'DELETED', gatewayClass('avi-lb'))).toEqual([all('a/gw')]);
    expect(classes).toEqual(['avi-lb']);
  });
});

describe('Gateway handler', () => {
  it('marks a Gateway that moves to a class of others, so that its objects go', () => {
    const { tell, classes } = createHarness();
    tell('GatewayClass', 'ADDED', gatewayClass('avi-lb'));
    tell('Gateway', 'ADDED', gateway('a/gw'));
    expect(tell('Gateway', 'MODIFIED', gateway('a/gw', { className: 'other', generation: 2 }))).toEqual([all('a/gw')]);
    expect(classes).toEqual(['avi-lb']);
  });

  it('says when a deletion was not observed', () => {
    const { tell } = createHarness();
    tell('GatewayClass', 'ADDED', gatewayClass('avi-lb'));
    tell('Gateway', 'ADDED', gateway('a/gw'));
    const marks = tell('Gateway', 'DELETED', gateway('a/gw'), false);
    expect(marks).toEqual([{ gateways: ['a/gw'], reason: 'all', explained: false }]);
  });

  it('ignores its own status, but not one that somebody else wrote', () => {
    const own = { conditions: [] };
    const { tell } = createHarness({ isOwnStatus: (_kind, _key, status) => status === own });
    tell('GatewayClass', 'ADDED', gatewayClass('avi-lb'));
    tell('Gateway', 'ADDED', gateway('a/gw'));
    expect(tell('Gateway', 'MODIFIED', gateway('a/gw', { status: own }))).toEqual([]);
    expect(tell('Gateway', 'MODIFIED', gateway('a/gw', { status: { addresses: [] } }))).toEqual([all('a/gw')]);
  });

  it('follows the Secrets of Gateways of ours only, as long as one names them', () => {
    const { sources, followed } = recordingSources();
    const { tell } = createHarness({ followed: sources });
    tell('Gateway', 'ADDED', gateway('a/gw', { secrets: ['tls'] }));
    tell('Gateway', 'ADDED', gateway('b/gw', { secrets: ['a/tls', 'own'] }));
    tell('Gateway', 'ADDED', gateway('c/gw', { secrets: ['foreign'], className: 'other' }));
    expect([...followed.Secret]).toEqual([]);
    tell('GatewayClass', 'ADDED', gatewayClass('avi-lb'));
    expect([...followed.Secret].sort()).toEqual(['a/tls', 'b/own']);
    tell('Gateway', 'DELETED', gateway('a/gw', { secrets: ['tls'] }));
    expect([...followed.Secret].sort()).toEqual(['a/tls', 'b/own']);
    tell('Gateway', 'MODIFIED', gateway('b/gw', { secrets: ['own'], generation: 2 }));
    expect([...followed.Secret]).toEqual(['b/own']);
    tell('GatewayClass', 'DELETED', gatewayClass('avi-lb'));
    expect([...followed.Secret]).toEqual([]);
  });

  it('follows what ListenerSets of Gateways of ours and BackendTLSPolicies name', () => {
    const { sources, followed } = recordingSources();
    const { tell } = createHarness({ followed: sources });
    tell('GatewayClass', 'ADDED', gatewayClass('avi-lb'));
    tell('ListenerSet', 'ADDED', listenerSet('a/set', 'infra/gw', { secret: 'tls' }));
    expect([...followed.Secret]).toEqual([]);
    tell('Gateway', 'ADDED', gateway('infra/gw'));
    expect([...followed.Secret]).toEqual(['a/tls']);
    tell('ListenerSet', 'DELETED', listenerSet('a/set', 'infra/gw', { secret: 'tls' }));
    expect([...followed.Secret]).toEqual([]);

    tell('BackendTLSPolicy', 'ADDED', backendTlsPolicy('a/p', 'web', 'ca'));
    expect([...followed.ConfigMap]).toEqual(['a/ca']);
    tell('BackendTLSPolicy', 'DELETED', backendTlsPolicy('a/p', 'web', 'ca'));
    expect([...followed.ConfigMap]).toEqual([]);
  });
});

describe('handlers of what newer bundles have', () => {
  const start = () => {
    const harness = createHarness();
    harness.tell('GatewayClass', 'ADDED', gatewayClass('avi-lb'));
    harness.tell('Gateway', 'ADDED', gateway('a/gw'));
    return harness;
  };

  it.each(['GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'] as const)('%ss mark their Gateways', (kind) => {
    const { tell } = start();
    const route = httpRoute('a/r', { parents: ['gw'], services: ['web'] }) as unknown as WatchedObjects[typeof kind];
    expect(tell(kind, 'ADDED', route)).toEqual([all('a/gw')]);
    expect(tell('Service', 'ADDED', service('a/web'))).toEqual([all('a/gw')]);
    expect(tell(kind, 'DELETED', route)).toEqual([all('a/gw')]);
    expect(tell('Service', 'DELETED', service('a/web'))).toEqual([]);
  });

  it('routes of ListenerSets mark the Gateway behind, whichever comes first', () => {
    const { tell } = start();
    const route = httpRoute('b/r', { sets: ['a/set'], services: ['web'] });
    expect(tell('HTTPRoute', 'ADDED', route)).toEqual([]);
    expect(tell('ListenerSet', 'ADDED', listenerSet('a/set', 'a/gw'))).toEqual([all('a/gw')]);
    expect(tell('Service', 'ADDED', service('b/web'))).toEqual([all('a/gw')]);
    expect(tell('ListenerSet', 'DELETED', listenerSet('a/set', 'a/gw'))).toEqual([all('a/gw')]);
    expect(tell('HTTPRoute', 'DELETED', route)).toEqual([]);
  });

  it('policies and their authorities mark the Gateways whose routes use the Service', () => {
    const { tell } = start();
    tell('HTTPRoute', 'ADDED', httpRoute('a/r', { parents: ['gw'], services: ['web'] }));
    expect(tell('BackendTLSPolicy', 'ADDED', backendTlsPolicy('a/p', 'web', 'ca'))).toEqual([all('a/gw')]);
    expect(tell('ConfigMap', 'ADDED', configMap('a/ca', { 'ca.crt': 'one' }))).toEqual([all('a/gw')]);
    expect(tell('ConfigMap', 'MODIFIED', configMap('a/ca', { 'ca.crt': 'one' }))).toEqual([]);
    expect(tell('BackendTLSPolicy', 'ADDED', backendTlsPolicy('a/q', 'other', 'other'))).toEqual([]);
  });
});

describe('handlers of what Gateways use', () => {
  const start = (serviceType: ServiceType = 'ClusterIP') => {
    const harness = createHarness({ serviceType });
    harness.tell('GatewayClass', 'ADDED', gatewayClass('avi-lb'));
    harness.tell('Gateway', 'ADDED', gateway('a/gw', { secrets: ['certs/tls'] }));
    harness.tell('Gateway', 'ADDED', gateway('b/gw'));
    harness.tell('Gateway', 'ADDED', gateway('c/foreign', { className: 'other' }));
    harness.tell('HTTPRoute', 'ADDED', httpRoute('dev/r', { parents: ['a/gw', 'c/foreign'], services: ['web'] }));
    return harness;
  };

  it('a route marks its parents before and after', () => {
    const { tell } = start();
    const moved = httpRoute('dev/r', { parents: ['b/gw'], services: ['web'], generation: 2 });
    expect(tell('HTTPRoute', 'MODIFIED', moved)).toEqual([all('a/gw', 'b/gw')]);
    expect(tell('HTTPRoute', 'DELETED', moved)).toEqual([all('b/gw')]);
  });

  it('a Service marks everything, its endpoints only its pools', () => {
    const { tell } = start();
    expect(tell('Service', 'ADDED', service('dev/web'))).toEqual([all('a/gw')]);
    const slice = endpointSlice('dev/web-1', 'web', ['10.0.0.1']);
    expect(tell('EndpointSlice', 'ADDED', slice)).toEqual([
      { gateways: ['a/gw'], reason: ['dev/web'], explained: true },
    ]);
    expect(tell('EndpointSlice', 'MODIFIED', { ...slice })).toEqual([]);
    const fewer = endpointSlice('dev/web-1', 'web', []);
    expect(tell('EndpointSlice', 'MODIFIED', fewer)).toHaveLength(1);
    expect(tell('EndpointSlice', 'ADDED', endpointSlice('dev/other-1', 'other', ['10.0.0.1']))).toEqual([]);
  });

  it('a change that nobody reads marks nothing', () => {
    const { tell } = start();
    tell('Service', 'ADDED', service('dev/web'));
    expect(tell('Service', 'MODIFIED', service('dev/web', { resourceVersion: '2' }))).toEqual([]);
    expect(tell('Service', 'MODIFIED', service('dev/web', { port: 81 }))).toEqual([all('a/gw')]);
  });

  it('a Secret, a grant and a Namespace mark those that refer to them', () => {
    const { tell } = start();
    expect(tell('Secret', 'ADDED', secret('certs/tls'))).toEqual([all('a/gw')]);
    expect(tell('Secret', 'MODIFIED', secret('certs/tls', { 'tls.crt': 'eA==' }))).toEqual([all('a/gw')]);
    expect(tell('ReferenceGrant', 'ADDED', referenceGrant('certs/g', ['a']))).toEqual([all('a/gw')]);
    expect(tell('ReferenceGrant', 'MODIFIED', referenceGrant('certs/g', ['z']))).toEqual([all('a/gw')]);
    expect(tell('ReferenceGrant', 'DELETED', referenceGrant('certs/g', ['z']))).toEqual([]);
    expect(tell('Namespace', 'ADDED', namespace('dev'))).toEqual([all('a/gw')]);
    expect(tell('Namespace', 'MODIFIED', namespace('dev', { team: 'x' }))).toEqual([all('a/gw')]);
    expect(tell('Namespace', 'MODIFIED', namespace('dev', { team: 'x' }))).toEqual([]);
  });

  it('a Node marks all Gateways in NodePort mode, but not by its heartbeat', () => {
    const { tell } = start('NodePort');
    expect(tell('Node', 'ADDED', node('n1', true))).toEqual([all('a/gw', 'b/gw')]);
    expect(tell('Node', 'MODIFIED', node('n1', true, '2026-01-01T00:00:00Z'))).toEqual([]);
    expect(tell('Node', 'MODIFIED', node('n1', false))).toEqual([all('a/gw', 'b/gw')]);
    expect(start('ClusterIP').tell('Node', 'ADDED', node('n1', true))).toEqual([]);
  });

  it('a Node marks the static routes to its pods, where there are any', () => {
    const { tell } = createHarness({
      settings: {
        controllerName: 'ako.vmware.com/avi-lb',
        serviceType: 'ClusterIP',
        staticRoutes: { source: 'podCIDR' },
      },
    });
    const routes = { gateways: ['StaticRoutes'], reason: 'all', explained: true };
    expect(tell('Node', 'ADDED', node('n1', true))).toEqual([routes]);
    expect(tell('Node', 'MODIFIED', node('n1', false))).toEqual([]);
    expect(tell('Node', 'DELETED', node('n1', false), false)).toEqual([{ ...routes, explained: false }]);
    expect(start().tell('Node', 'ADDED', node('n1', true))).toEqual([]);
  });

  it('a Pod marks the Gateways of the Services that it serves, by its ports at the node only', () => {
    const { tell } = start('NodePortLocal');
    tell('EndpointSlice', 'ADDED', endpointSlice('dev/web-1', 'web', ['10.0.0.1'], { pods: ['p1'] }));
    expect(tell('Pod', 'ADDED', pod('dev/p1'))).toEqual([{ gateways: ['a/gw'], reason: ['dev/web'], explained: true }]);
    expect(tell('Pod', 'MODIFIED', pod('dev/p1', { labels: { app: 'web' } }))).toEqual([]);
    expect(tell('Pod', 'MODIFIED', pod('dev/p1', { ports: '[]' }))).toHaveLength(1);
    expect(tell('Pod', 'ADDED', pod('dev/p2'))).toEqual([]);
    tell('EndpointSlice', 'DELETED', endpointSlice('dev/web-1', 'web', ['10.0.0.1'], { pods: ['p1'] }));
    expect(tell('Pod', 'DELETED', pod('dev/p1'))).toEqual([]);
    expect(start('ClusterIP').tell('Pod', 'ADDED', pod('dev/p1'))).toEqual([]);
  });
});
