import { describe, expect, it } from '@jest/globals';
import type { Pod } from '../../../src/routing/snapshot.ts';
import { service, slice } from '../world.ts';
import { first } from './resolved.ts';

describe('node port local', () => {
  const entry = { podPort: 3000, nodeIP: '10.9.0.1', nodePort: 61001, protocol: 'tcp' };
  const pod = (name: string, annotation: unknown, namespace = 'default'): Pod => ({
    metadata: { name, namespace, annotations: { 'nodeportlocal.antrea.io': JSON.stringify(annotation) } },
  });
  const of = (name: string, ready = true) => ({
    addresses: ['10.0.0.1'],
    conditions: { ready },
    targetRef: { kind: 'Pod', name },
  });
  const slices = [slice([of('p1'), of('p2', false)], { ports: [{ port: 3000 }] })];
  const reached = (pods: readonly Pod[]) =>
    first({ services: [service()], slices, pods }, { serviceType: 'NodePortLocal' }).endpoints.map(
      ({ address, port, enabled }) => `${address}:${port}${enabled ? '' : ' disabled'}`,
    );

  it.each<[string, readonly Pod[], readonly string[]]>([
    [
      'every pod by its own port of its node',
      [pod('p1', [entry]), pod('p2', [{ ...entry, nodePort: 61002 }])],
      ['10.9.0.1:61001', '10.9.0.1:61002 disabled'],
    ],
    [
      'the port of the pod that the Service names',
      [pod('p1', [{ ...entry, podPort: 9, nodePort: 9 }, entry])],
      ['10.9.0.1:61001'],
    ],
    [
      'several protocols of a port',
      [pod('p1', [{ ...entry, protocol: undefined, protocols: ['udp', 'tcp'] }])],
      ['10.9.0.1:61001'],
    ],
    ['no pod (acceptance row 51)', [], []],
    ['another protocol', [pod('p1', [{ ...entry, protocol: 'udp' }])], []],
    ['a pod of another namespace', [pod('p1', [entry], 'other')], []],
    [
      'what is no address and no port',
      [pod('p1', [{ ...entry, nodeIP: 'x' }, { ...entry, nodePort: 70_000 }, 5, null])],
      [],
    ],
    ['an annotation that is no list', [pod('p1', { podPort: 3000 })], []],
  ])('%s', (_, pods, expected) => {
    expect(reached(pods)).toEqual(expected);
  });

  it('an annotation that is no JSON is as none', () => {
    const { metadata } = pod('p1', []);
    expect(reached([{ metadata: { ...metadata, annotations: { 'nodeportlocal.antrea.io': '[{' } } }])).toEqual([]);
  });
});
