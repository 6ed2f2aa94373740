/** Policies that are on the controller and that AviFrontendPolicies name, shown by traffic: of the network, and of HTTP by address group. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../cluster/eventually.ts';
import { gatewayManifest, useTraffic } from './rig.ts';

const host = 'www.example.test';

function route(name: string): string {
  return `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: ${name}, namespace: default}
spec:
  parentRefs: [{name: gw}]
  hostnames: [${host}]
  rules:
  - matches: [{path: {value: /${name}}}]
    backendRefs: [{name: web, port: 80}]`;
}

function policy(name: string, target: string, spec: string): string {
  return `
apiVersion: avi.gateway-operator.io/v1alpha1
kind: AviFrontendPolicy
metadata: {name: ${name}, namespace: default}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, ${target}}]
  ${spec}`;
}

const [denied, partner] = ['127.9.9.9', '127.9.9.7'];

const { ask, create } = useTraffic(11, [
  gatewayManifest(),
  route('guarded'),
  route('paged'),
  route('open'),
  policy('network', 'kind: Gateway, name: gw', 'networkSecurityPolicy: Office'),
  policy('group', 'kind: HTTPRoute, name: guarded', 'httpPolicySets: [Partners]'),
  policy('pages', 'kind: HTTPRoute, name: paged', 'errorPageProfile: Pages'),
]);

const addressMatch = (more: object) => ({ client_ip: { match_criteria: 'IS_IN', ...more } });

describe('policies on the controller', () => {
  beforeAll(async () => {
    await create('ipaddrgroup', { name: 'Partners', addrs: [{ addr: partner, type: 'V4' }] });
    const action = { action: 'HTTP_SECURITY_ACTION_SEND_RESPONSE', status_code: 'HTTP_LOCAL_RESPONSE_STATUS_CODE_403' };
    const match = addressMatch({ group_refs: ['/api/ipaddrgroup/?name=Partners'] });
    const rules = [{ name: 'partners', index: 1, enable: true, match, action }];
    await create('httppolicyset', { name: 'Partners', http_security_policy: { rules } });
    const match502 = { match_criteria: 'IS_IN', status_codes: [502] };
    const page = { index: 1, enable: true, error_redirect: 'https://sorry.test/', match: match502 };
    await create('errorpageprofile', { name: 'Pages', error_pages: [page] });
    const deny = {
      name: 'deny',
      index: 1,
      enable: true,
      action: 'NETWORK_SECURITY_POLICY_ACTION_TYPE_DENY',
      match: addressMatch({ addrs: [{ addr: denied, type: 'V4' }] }),
    };
    await create('networksecuritypolicy', { name: 'Office', rules: [deny] });
  });

  it('refuse addresses of a group with 403, of that route only, once they are there', async () => {
    await eventually(async () => expect((await ask(host, '/guarded', { from: partner })).status).toBe(403));
    expect((await ask(host, '/guarded')).status).toBe(200);
    await eventually(async () => expect((await ask(host, '/open', { from: partner })).status).toBe(200));
  }, 60_000);

  it('send clients elsewhere where the connection to a server breaks, on that route only', async () => {
    await eventually(async () => {
      const { status, headers } = await ask(host, '/paged/reset');
      expect([status, headers.location]).toEqual([302, 'https://sorry.test/']);
    });
    expect((await ask(host, '/open/reset')).status).toBe(502);
  }, 60_000);

  it('close the connections of clients that the network policy denies, and of no others', async () => {
    await eventually(() => expect(ask(host, '/open', { from: denied })).rejects.toThrow());
    expect((await ask(host, '/open', { from: partner })).status).toBe(200);
  }, 60_000);
});
