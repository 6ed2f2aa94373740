import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError, environmentName, loadConfig } from '../../src/config.ts';

function fileWith(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'avi-gateway-config-')), 'config.yaml');
  writeFileSync(file, text);
  return file;
}

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('expected a ConfigError');
}

/** Lists of lists that are 10^depth texts when the aliases are followed. */
function aliases(depth: number): string {
  const lines = Array.from({ length: depth }, (_, level) => {
    const items = Array.from({ length: 10 }, () => (level === 0 ? 'x' : `*a${level - 1}`));
    return `a${level}: &a${level} [${items.join(', ')}]`;
  });
  return lines.join('\n');
}

describe('loadConfig', () => {
  it('fills defaults in and freezes the whole value', () => {
    const config = loadConfig({ flags: { clusterName: 'c1' } });
    expect(config).toMatchObject({
      clusterName: 'c1',
      cloud: 'Default-Cloud',
      controller: { tls: { insecureSkipVerify: false }, apiVersion: '30.2.1' },
      controllerName: 'ako.vmware.com/avi-lb',
      concurrency: 8,
      drift: { mode: 'repair', intervalSeconds: 300, reportTypes: [] },
      deletionGuard: { percent: 30, minimum: 10 },
      leaderElection: { enabled: true, leaseSeconds: 15, renewSeconds: 10, retrySeconds: 2 },
    });
    const { leaseSeconds, retrySeconds } = config.leaderElection;
    expect(leaseSeconds + 1.2 * retrySeconds).toBeLessThanOrEqual(18);
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.controller.tls)).toBe(true);
  });

  it('lets flags win over the environment, that over the file, and that over a command default', () => {
    const file = fileWith('clusterName: from-file\ncloud: from-file\ntenant: from-file\n');
    const env = { AVI_GATEWAY_CLOUD: 'from-env', AVI_GATEWAY_TENANT: 'from-env' };
    const config = loadConfig({
      file,
      env,
      flags: { tenant: 'from-flag', vrf: undefined },
      defaults: { clusterName: 'x', vrf: 'v' },
    });
    expect([config.clusterName, config.cloud, config.tenant, config.vrf]).toEqual([
      'from-file',
      'from-env',
      'from-flag',
      'v',
    ]);
  });

  it('reads lists and numbers from the environment as YAML, and text as it is', () => {
    const env = {
      AVI_GATEWAY_CLUSTER_NAME: '007',
      AVI_GATEWAY_CONTROLLER_ADDRESSES: '[10.0.0.1, "10.0.0.2:8443"]',
      AVI_GATEWAY_CONCURRENCY: '3',
      AVI_GATEWAY_LEADER_ELECTION_ENABLED: 'false',
    };
    const config = loadConfig({ env });
    expect(config.clusterName).toBe('007');
    expect(config.controller.addresses).toEqual(['10.0.0.1', '10.0.0.2:8443']);
    expect(config.concurrency).toBe(3);
    expect(config.leaderElection.enabled).toBe(false);
  });

  it('refuses a misspelt variable, and leaves those alone that Kubernetes sets for a Service of such a name', () => {
    const links = {
      AVI_GATEWAY_OPERATOR_SERVICE_HOST: '10.96.0.9',
      AVI_GATEWAY_OPERATOR_PORT_8080_TCP_ADDR: '10.96.0.9',
    };
    expect(loadConfig({ env: { AVI_GATEWAY_CLUSTER_NAME: 'c1', ...links } }).clusterName).toBe('c1');
    const message = messageOf(() => loadConfig({ env: { AVI_GATEWAY_CLUSTERNAME: 'c1' } }));
    expect(message).toBe(
      'environment variable AVI_GATEWAY_CLUSTERNAME: names no key; docs/configuration.md lists them',
    );
  });

  it('takes the file from AVI_GATEWAY_CONFIG', () => {
    expect(loadConfig({ env: { AVI_GATEWAY_CONFIG: fileWith('clusterName: mine') } }).clusterName).toBe('mine');
  });

  it.each([
    ['an unknown key', 'clusterName: a\ncontroller:\n  adresses: [b]', 'controller.adresses: unknown key'],
    ['a missing cluster name', 'cloud: a', 'clusterName: must be set'],
    ['a cluster name outside the charset', 'clusterName: a b', 'clusterName: may hold letters'],
    ['a cluster name that is too long', `clusterName: ${'a'.repeat(33)}`, 'clusterName: must not be longer than 32'],
    [
      'a bad network',
      'clusterName: a\nvipNetworks: [{networkName: n, cidr: 10.0.0.0/33}]',
      'vipNetworks[0].cidr: must be an IPv4 network',
    ],
    [
      'two ways to name a network',
      'clusterName: a\nvipNetworks: [{networkName: n, networkUUID: u}]',
      'vipNetworks[0]: needs exactly one of',
    ],
    [
      'a VPC beside a T1',
      'clusterName: a\nnsxtT1LR: /infra/tier-1s/t\nvpc: /orgs/o/projects/p/vpcs/v',
      'vpc: cannot be set together with nsxtT1LR',
    ],
    ['a password', 'clusterName: a\ncontroller: {password: hunter2}', 'controller.password: unknown key'],
    [
      'a controller URL with a path',
      'clusterName: a\ncontroller: {addresses: ["https://a/b"]}',
      'controller.addresses[0]: must be a host',
    ],
    [
      'a controller port that is none',
      'clusterName: a\ncontroller: {addresses: ["a:65536"]}',
      'controller.addresses[0]: must be a host',
    ],
    [
      'a port to listen on that is none',
      'clusterName: a\nserver: {listen: "a:99999"}',
      'server.listen: must be host:port',
    ],
    ['all tenants at once', 'clusterName: a\ntenant: "*"', 'tenant: must name one tenant'],
    ['a domain that is none', 'clusterName: a\ndnsDomains: ["a b"]', 'dnsDomains[0]: must be a DNS domain'],
    [
      'a Lease that no API server takes',
      'clusterName: a\nleaderElection: {leaseName: A_b}',
      'leaderElection.leaseName: must be lower case letters',
    ],
    [
      'lease times that cannot work',
      'clusterName: a\nleaderElection: {renewSeconds: 20}',
      'leaderElection: needs retrySeconds < renewSeconds',
    ],
  ])('refuses %s and names the key', (_what, text, expected) => {
    const file = fileWith(text);
    const message = messageOf(() => loadConfig({ file }));
    expect(message).toContain(`${file}: ${expected}`);
    expect(message).not.toContain('hunter2');
  });

  it.each([
    ['text that is not YAML', 'a: [b', 'not valid YAML'],
    ['a list', '- a', 'must hold a mapping'],
    ['aliases that multiply', aliases(9), 'not valid YAML: Excessive alias count'],
  ])('refuses %s', (_what, text, expected) => {
    const file = fileWith(text);
    expect(messageOf(() => loadConfig({ file }))).toContain(`${file}: ${expected}`);
  });

  it('lets no flag and no default hide a key that holds the wrong kind of value', () => {
    const file = fileWith('clusterName: a\ncontroller: avi.example.com');
    const message = `${file}: controller: Invalid input: expected object`;
    expect(messageOf(() => loadConfig({ file, flags: { 'controller.addresses': ['b'] } }))).toContain(message);
    expect(messageOf(() => loadConfig({ file, defaults: { 'controller.addresses': [] } }))).toContain(message);
  });

  it('says which file cannot be read', () => {
    expect(messageOf(() => loadConfig({ file: '/nonexistent/config.yaml' }))).toContain(
      '/nonexistent/config.yaml: the configuration file cannot be read',
    );
  });
});

describe('environmentName', () => {
  it.each([
    ['controller.tls.caFile', 'AVI_GATEWAY_CONTROLLER_TLS_CA_FILE'],
    ['enablePublicIP', 'AVI_GATEWAY_ENABLE_PUBLIC_IP'],
  ])('%s', (key, name) => {
    expect(environmentName(key)).toBe(name);
  });
});
