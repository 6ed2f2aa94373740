import type { TranslateSettings } from '../../../src/translate/settings.ts';

/** Settings as in the recordings of the incumbent. */
export const settings: TranslateSettings = {
  clusterName: 'cluster1',
  cloud: 'Default-Cloud',
  cloudType: 'CLOUD_NONE',
  seGroup: 'Default-Group',
  vrf: 'global',
  vipType: 'public',
  vipNetworks: [{ networkName: 'net-vip', cidr: '10.50.0.0/16' }],
  nodeNetworks: [],
  enableRHI: false,
  enablePublicIP: false,
  dnsDomains: ['example.com', 'avi.internal'],
  trustChildOrder: true,
};
