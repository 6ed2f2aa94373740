import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { configFileOfAko } from '../../src/cli/adopt/print-config.ts';
import { configSchema } from '../../src/config/schema.ts';
import { configOfAko } from '../../src/takeover/ako-config.ts';

/** As AKO's chart 2.2.1 writes it; every value is a text. */
const configMap = {
  controllerIP: '10.0.0.5',
  controllerVersion: '31.1.1',
  cloudName: 'nsx',
  clusterName: 'production-1',
  tenantName: 'team',
  serviceEngineGroupName: 'gateways',
  nsxtT1LR: '/infra/tier-1s/t1',
  vpcMode: 'false',
  vipNetworkList: '[{"networkName":"vip-net","cidr":"10.50.0.0/16","v6cidr":""}]',
  nodeNetworkList: '[{"networkName":"nodes","cidrs":["10.60.0.0/24"]}]',
  enableRHI: 'true',
  serviceType: 'NodePort',
  nodeKey: 'pool',
  nodeValue: 'edge',
  logLevel: 'WARN',
  fullSyncFrequency: '1800',
  deleteConfig: 'false',
  shardVSSize: 'LARGE',
};
const secretKeys = ['username', 'password', 'certificateAuthorityData'];

describe('configOfAko', () => {
  it('carries over what concerns Gateways, and what it makes is a configuration', () => {
    const { config } = configOfAko(configMap, secretKeys, 'avi-system');
    expect(config).toEqual({
      controller: { addresses: ['10.0.0.5'], credentialsDir: '/etc/avi-gateway/credentials' },
      clusterName: 'production-1',
      cloud: 'nsx',
      tenant: 'team',
      serviceEngineGroup: 'gateways',
      nsxtT1LR: '/infra/tier-1s/t1',
      vipNetworks: [{ networkName: 'vip-net', cidr: '10.50.0.0/16' }],
      nodeNetworks: [{ networkName: 'nodes', cidrs: ['10.60.0.0/24'] }],
      enableRHI: true,
      serviceType: 'NodePort',
      nodeSelector: { key: 'pool', value: 'edge' },
      drift: { intervalSeconds: 1800 },
      logLevel: 'warn',
      takeover: 'ako',
    });
    expect(configSchema.safeParse(config).success).toBe(true);
  });

  it('takes the path of a VPC for what it is, and another namespace as a part of the mark', () => {
    const vpc = { clusterName: 'c1', vpcMode: 'true', nsxtT1LR: '/orgs/o/projects/p/vpcs/v' };
    expect(configOfAko(vpc, secretKeys, 'lb').config).toMatchObject({
      vpc: '/orgs/o/projects/p/vpcs/v',
      akoNamespace: 'lb',
    });
  });

  it.each([
    [{ ...configMap, deleteConfig: 'true' }, secretKeys, 'deleteConfig is true'],
    [{ ...configMap, serviceType: 'NodePortLocal' }, secretKeys, 'components/node-port-local'],
    [{ ...configMap, vipNetworkList: 'nonsense' }, secretKeys, 'vipNetworks'],
    [configMap, ['username', 'authtoken'], 'did not verify the controller'],
    [configMap, ['username', 'certificateAuthorityData'], 'lacks username, or both'],
  ])('says what could not be carried over', (data, keys, note) => {
    expect(configOfAko(data, keys, 'avi-system').notes.join('\n')).toContain(note);
  });
});

describe('adopt --print-config', () => {
  it('prints YAML under comments, and refuses what is no configuration, naming the key', () => {
    const text = configFileOfAko({ data: configMap, secretKeys }, 'avi-system');
    expect(text).toMatch(/^# Credentials: /);
    expect(configSchema.parse(parse(text))).toMatchObject({ clusterName: 'production-1', takeover: 'ako' });
    const nameless = { data: { ...configMap, clusterName: '' }, secretKeys };
    expect(() => configFileOfAko(nameless, 'avi-system')).toThrow(/clusterName/);
  });
});
