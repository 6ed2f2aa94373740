import { describe, expect, it } from '@jest/globals';
import {
  bundleVersionAnnotation,
  channelAnnotation,
  compareBundleVersions,
  foreignCrds,
  installObstacles,
} from '../../crds/bundle-version.ts';

function crd(version?: string, channel = 'standard') {
  const annotations = { [channelAnnotation]: channel, ...(version && { [bundleVersionAnnotation]: version }) };
  return { metadata: { name: 'gateways.gateway.networking.k8s.io', annotations } };
}

describe('compareBundleVersions', () => {
  it('orders releases by number and pre-releases before their release', () => {
    const ordered = ['v1.2.0', 'v1.2.1', 'v1.7.0-rc.2', 'v1.7.0-rc.10', 'v1.7.0', 'v1.10.0', 'v2.0.0-rc.1'];
    expect(ordered.toReversed().sort(compareBundleVersions)).toEqual(ordered);
    expect(compareBundleVersions('v1.7.0', 'v1.7.0')).toBe(0);
  });

  it('refuses what is no version', () => {
    expect(() => compareBundleVersions('1.7', 'v1.7.0')).toThrow('1.7 is no bundle version');
  });
});

describe('foreignCrds', () => {
  it('names those that are wanted and that somebody else has installed', () => {
    const named = (name: string, labels: Record<string, string>) => ({ metadata: { name, labels } });
    const installed = [
      named('a.ako.vmware.com', {}),
      named('b.ako.vmware.com', { 'app.kubernetes.io/part-of': 'avi-gateway-operator' }),
      named('c.ako.vmware.com', {}),
    ];
    expect(foreignCrds(installed, ['a.ako.vmware.com', 'b.ako.vmware.com', 'd.ako.vmware.com'])).toEqual([
      'a.ako.vmware.com',
    ]);
  });
});

describe('installObstacles', () => {
  it('lets an empty cluster, an older, an equal and an unmarked bundle pass', () => {
    expect(installObstacles([], 'v1.7.0')).toEqual([]);
    expect(installObstacles([crd('v1.2.0'), crd('v1.7.0'), crd()], 'v1.7.0')).toEqual([]);
  });

  it('names a newer bundle', () => {
    expect(installObstacles([crd('v1.8.0')], 'v1.7.0')).toEqual([
      'gateways.gateway.networking.k8s.io is of bundle v1.8.0, newer than v1.7.0: a downgrade can lose data',
    ]);
  });

  it('names the experimental channel', () => {
    expect(installObstacles([crd('v1.7.0', 'experimental')], 'v1.7.0')).toHaveLength(1);
  });
});
