import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import { OFFLINE_SITE, routingSettings, translateSettings } from '../../src/main/settings.ts';

describe('derived settings', () => {
  it('takes DNS domains from the site unless the configuration overrides them', () => {
    const site = { cloudType: 'CLOUD_NSXT', dnsDomains: ['site.test'] };
    const plain = loadConfig({ flags: { clusterName: 'c' } });
    const override = loadConfig({ flags: { clusterName: 'c', dnsDomains: ['mine.test'] } });
    expect(translateSettings(plain, site)).toMatchObject({
      clusterName: 'c',
      cloudType: 'CLOUD_NSXT',
      dnsDomains: ['site.test'],
    });
    expect(routingSettings(override, site).dnsDomains).toEqual(['mine.test']);
    expect(routingSettings(plain, OFFLINE_SITE)).toMatchObject({
      defaultTenant: 'admin',
      dnsDomains: [],
      serviceType: 'ClusterIP',
    });
  });
});
