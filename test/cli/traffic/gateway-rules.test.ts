/** A HostRule that speaks for a whole Gateway, shown by traffic: who may connect, and that nobody may before it is known. */
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../cluster/eventually.ts';
import { gatewayManifest, useTraffic } from './rig.ts';

const host = 'www.example.test';
const denied = '127.9.9.9';

const { ask, create } = useTraffic(10, [
  gatewayManifest(host),
  `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: default}
spec:
  parentRefs: [{name: gw}]
  rules:
  - backendRefs: [{name: web, port: 80}]`,
  `
apiVersion: ako.vmware.com/v1beta1
kind: HostRule
metadata: {name: www, namespace: default}
spec: {virtualhost: {fqdn: ${host}, networkSecurityPolicy: Deny-One}}`,
]);

describe('a HostRule with a network security policy', () => {
  it('keeps denied addresses out, and everybody while the policy is not there', async () => {
    expect((await ask(host)).status).toBe(500);
    await create('networksecuritypolicy', {
      name: 'Deny-One',
      rules: [
        {
          name: 'deny',
          index: 1,
          enable: true,
          action: 'NETWORK_SECURITY_POLICY_ACTION_TYPE_DENY',
          match: { client_ip: { match_criteria: 'IS_IN', addrs: [{ addr: denied, type: 'V4' }] } },
        },
      ],
    });
    await eventually(async () => expect((await ask(host)).status).toBe(200));
    await eventually(async () => expect(ask(host, '/', { from: denied })).rejects.toThrow());
    expect((await ask(host, '/', { from: '127.9.9.8' })).status).toBe(200);
  }, 60_000);
});
