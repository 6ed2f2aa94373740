import { describe, expect, it } from '@jest/globals';
import { createHarness, recordingSecrets } from './harness.ts';
import {
  endpointSlice,
  gateway,
  gatewayClass,
  httpRoute,
  namespace,
  node,
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
    const { source, followed } = recordingSecrets();
    const { tell } = createHarness({ secrets: source });
    tell('Gateway', 'ADDED', gateway('a/gw', { secrets: ['tls'] }));
    tell('Gateway', 'ADDED', gateway('b/gw', { secrets: ['a/tls', 'own'] }));
    tell('Gateway', 'ADDED', gateway('c/gw', { secrets: ['foreign'], className: 'other' }));
    expect([...followed]).toEqual([]);
    tell('GatewayClass', 'ADDED', gatewayClass('avi-lb'));
    expect([...followed].sort()).toEqual(['a/tls', 'b/own']);
    tell('Gateway', 'DELETED', gateway('a/gw', { secrets: ['tls'] }));
    expect([...followed].sort()).toEqual(['a/tls', 'b/own']);
    tell('Gateway', 'MODIFIED', gateway('b/gw', { secrets: ['own'], generation: 2 }));
    expect([...followed]).toEqual(['b/own']);
    tell('GatewayClass', 'DELETED', gatewayClass('avi-lb'));
    expect([...followed]).toEqual([]);
  });
});

describe('handlers of what Gateways use', () => {
  const start = (serviceType: 'ClusterIP' | 'NodePort' = 'ClusterIP') => {
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
});
