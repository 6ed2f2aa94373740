import { describe, expect, it } from '@jest/globals';
import type { EndpointSlice, Service } from '../../../src/routing/snapshot.ts';
import { malformed, service, slice, verdict, type World } from '../world.ts';
import { first, ref, resolve, servers } from './resolved.ts';

describe('endpoints of pods', () => {
  type Endpoints = NonNullable<EndpointSlice['endpoints']>;
  const world = (endpoints: Endpoints, spec: Service['spec'] = {}, part: Partial<EndpointSlice> = {}): World => ({
    services: [service(spec)],
    slices: [slice(endpoints, part)],
  });

  it.each<[string, Endpoints, Service['spec'], readonly string[]]>([
    ['ready', [{ addresses: ['10.0.0.1'], conditions: { ready: true } }], {}, ['10.0.0.1:8080']],
    ['no conditions count as ready', [{ addresses: ['10.0.0.1'] }], {}, ['10.0.0.1:8080']],
    ['sorted', [{ addresses: ['10.0.0.2'] }, { addresses: ['10.0.0.1'] }], {}, ['10.0.0.1:8080', '10.0.0.2:8080']],
    ['without duplicates', [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.1'] }], {}, ['10.0.0.1:8080']],
    [
      'enabled wins over disabled',
      [{ addresses: ['10.0.0.1'], conditions: { ready: false } }, { addresses: ['10.0.0.1'] }],
      {},
      ['10.0.0.1:8080'],
    ],
    ['the first address only', [{ addresses: ['10.0.0.1', '10.0.0.2'] }], {}, ['10.0.0.1:8080']],
    ['not ready', [{ addresses: ['10.0.0.1'], conditions: { ready: false } }], {}, ['10.0.0.1:8080-']],
    [
      'not ready but published',
      [{ addresses: ['10.0.0.1'], conditions: { ready: false } }],
      { publishNotReadyAddresses: true },
      ['10.0.0.1:8080'],
    ],
    [
      'terminating beside ready',
      [
        { addresses: ['10.0.0.1'], conditions: { ready: false, serving: true, terminating: true } },
        { addresses: ['10.0.0.2'] },
      ],
      {},
      ['10.0.0.1:8080-', '10.0.0.2:8080'],
    ],
    [
      'terminating and serving when nothing is ready',
      [
        { addresses: ['10.0.0.1'], conditions: { ready: false, serving: true, terminating: true } },
        { addresses: ['10.0.0.2'], conditions: { ready: false, serving: false, terminating: true } },
        { addresses: ['10.0.0.3'], conditions: { ready: false } },
      ],
      {},
      ['10.0.0.1:8080', '10.0.0.2:8080-', '10.0.0.3:8080-'],
    ],
    [
      'what is no address is left out',
      [{ addresses: ['app.local'] }, { addresses: [] }, malformed({}), malformed(null)],
      {},
      [],
    ],
    ['headless', [{ addresses: ['10.0.0.1'] }], { clusterIP: 'None' }, ['10.0.0.1:8080']],
  ])('%s', (_, endpoints, spec, expected) => {
    expect(servers(first(world(endpoints, spec)))).toEqual(expected);
  });

  it('has IPv6 and node names', () => {
    const slices = [slice([{ addresses: ['2001:db8::1'], nodeName: 'n1' }], { addressType: 'IPv6' })];
    expect(first({ services: [service()], slices }).endpoints).toEqual([
      { address: '2001:db8::1', family: 'V6', port: 8080, enabled: true, nodeName: 'n1' },
    ]);
  });

  it.each<[string, Service['spec'], EndpointSlice['ports'], readonly string[]]>([
    [
      'by name',
      { ports: [{ name: 'web', port: 8080, targetPort: 'http' }] },
      [{ name: 'web', port: 3000 }],
      ['10.0.0.1:3000'],
    ],
    [
      'the right one of several',
      {
        ports: [
          { name: 'a', port: 8080 },
          { name: 'b', port: 81 },
        ],
      },
      [
        { name: 'b', port: 1 },
        { name: 'a', port: 2 },
      ],
      ['10.0.0.1:2'],
    ],
    ['unnamed', { ports: [{ port: 8080, targetPort: 3000 }] }, [{ port: 3000 }], ['10.0.0.1:3000']],
    [
      'by targetPort where names differ',
      { ports: [{ name: 'web', port: 8080, targetPort: 3000 }] },
      [{ name: 'x', port: 3000 }],
      ['10.0.0.1:3000'],
    ],
    ['a slice for all ports', { ports: [{ port: 8080, targetPort: 3000 }] }, [{}], ['10.0.0.1:3000']],
    ['not UDP', { ports: [{ port: 8080 }] }, [{ port: 3000, protocol: 'UDP' }], []],
    ['none', { ports: [{ name: 'web', port: 8080, targetPort: 'http' }] }, [{ name: 'x', port: 3000 }], []],
  ])('finds the port: %s', (_, spec, ports, expected) => {
    expect(servers(first(world([{ addresses: ['10.0.0.1'] }], spec, ports ? { ports } : {})))).toEqual(expected);
  });

  it('joins slices and leaves FQDN ones out', () => {
    const slices = [
      slice([{ addresses: ['10.0.0.2'] }]),
      slice([{ addresses: ['10.0.0.1'] }]),
      slice([{ addresses: ['a.x'] }], { addressType: 'FQDN' }),
    ];
    expect(servers(first({ services: [service()], slices }))).toEqual(['10.0.0.1:8080', '10.0.0.2:8080']);
  });

  it('a Service without endpoints is a valid backend with an empty pool', () => {
    const { action, backends, conditions } = resolve([ref()], { services: [service()] });
    expect(action).toBe('forward');
    expect(backends[0]).toEqual({ namespace: 'default', name: 'app', port: 8080, weight: 1, endpoints: [] });
    expect(verdict(conditions, 'ResolvedRefs')).toBe('True/ResolvedRefs');
  });
});
