/** HostRules and HTTPRules shown by traffic: an alias, a host that is off, clients kept to servers, a rule that names nothing. */
import { describe, expect, it } from '@jest/globals';
import { cookieForm, gatewayManifest, useTraffic } from './rig.ts';

const { get, answers } = useTraffic(8, [
  gatewayManifest(),
  `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: default}
spec:
  parentRefs: [{name: gw}]
  hostnames: [www.example.test, off.example.test, lost.example.test, root.example.test]
  rules:
  - matches: [{path: {value: /sticky}}]
    backendRefs: [{name: web, port: 80}]
  - backendRefs: [{name: web, port: 80}]`,
  `
apiVersion: ako.vmware.com/v1beta1
kind: HostRule
metadata: {name: www, namespace: default}
spec: {virtualhost: {fqdn: www.example.test, aliases: [shop.example.test]}}`,
  `
apiVersion: ako.vmware.com/v1beta1
kind: HostRule
metadata: {name: "off", namespace: default}
spec: {virtualhost: {fqdn: off.example.test, enableVirtualHost: false}}`,
  `
apiVersion: ako.vmware.com/v1beta1
kind: HostRule
metadata: {name: lost, namespace: default}
spec: {virtualhost: {fqdn: lost.example.test, wafPolicy: Not-There}}`,
  `
apiVersion: ako.vmware.com/v1beta1
kind: HostRule
metadata: {name: root, namespace: default}
spec: {virtualhost: {fqdn: root.example.test, applicationRootPath: /app}}`,
  `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: regex, namespace: default}
spec:
  parentRefs: [{name: gw}]
  hostnames: [any.example.test, same.example.test]
  rules:
  - matches: [{path: {type: RegularExpression, value: "/re[a-z]+x"}}]
    backendRefs: [{name: web, port: 80}]`,
  `
apiVersion: ako.vmware.com/v1beta1
kind: HostRule
metadata: {name: any, namespace: default}
spec: {virtualhost: {fqdn: any.example.test, useRegex: true}}`,
  `
apiVersion: ako.vmware.com/v1beta1
kind: HTTPRule
metadata: {name: sticky, namespace: default}
spec:
  fqdn: www.example.test
  paths:
  - target: /sticky
    applicationPersistence: System-Persistence-Http-Cookie
    loadBalancerPolicy: {algorithm: LB_ALGORITHM_ROUND_ROBIN}`,
]);

describe('rules by FQDN in traffic', () => {
  it('serves an alias as the host, and no other name', async () => {
    expect((await get('www.example.test')).status).toBe(200);
    expect((await get('shop.example.test')).status).toBe(200);
    expect((await get('other.example.test')).status).toBe(404);
  });

  it('does not serve a host that is off', async () => {
    expect((await get('off.example.test')).status).toBe(404);
  });

  it('redirects / to the application root path, and nothing else', async () => {
    const { status, location } = await get('root.example.test', '/?lang=en');
    expect({ status, location }).toEqual({ status: 302, location: 'http://root.example.test/app?lang=en' });
    expect((await get('root.example.test', '/app')).status).toBe(200);
    expect((await get('root.example.test', '/other')).status).toBe(200);
    expect((await get('www.example.test', '/')).status).toBe(200);
  });

  it('matches regular expressions in any case where the host asks for it', async () => {
    const statuses = async (host: string) =>
      Promise.all(['/regex', '/ReGeX', '/other'].map(async (path) => (await get(host, path)).status));
    expect(await statuses('any.example.test')).toEqual([200, 200, 404]);
    expect(await statuses('same.example.test')).toEqual([200, 404, 404]);
  });

  it('answers 500 for a host whose WAF policy is not there', async () => {
    expect((await get('lost.example.test')).status).toBe(500);
  });

  it.each(['www.example.test', 'shop.example.test'])(
    'keeps clients of %s to their servers below a path',
    async (host) => {
      expect(await answers(host, '/sticky')).toEqual(new Set(['a', 'b']));
      const { cookie, body } = await get(host, '/sticky');
      expect(cookie).toMatch(cookieForm);
      expect(await answers(host, '/sticky', cookie)).toEqual(new Set([body]));
      expect((await get(host)).cookie).toBeUndefined();
    },
  );
});
