/** docs/moving-from-ako.md: HostRule and HTTPRule, and the policies beside them, come to the same objects. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { renderPaths } from '../../src/cli/render.ts';
import { loadConfig } from '../../src/config.ts';

const page = readFileSync(new URL('../../docs/moving-from-ako.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

const application = (hostnames: readonly string[]) => `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: shop, namespace: shop}
spec:
  gatewayClassName: avi-lb
  listeners: [{name: http, port: 80, protocol: HTTP}]
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {ports: [{port: 80, targetPort: 8080, protocol: TCP}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: cart-a, namespace: shop, labels: {kubernetes.io/service-name: cart}}
addressType: IPv4
ports: [{port: 8080, protocol: TCP}]
endpoints: [{addresses: [10.244.0.5], conditions: {ready: true}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop, namespace: shop}
spec:
  parentRefs: [{name: shop}]
  hostnames: [${hostnames.join(', ')}]
  rules:
  - matches: [{path: {value: /cart}}]
    backendRefs: [{name: cart, port: 80}]
---
`;

/** The objects that the example with a kind comes to. */
async function objectsOf(kind: string, group: string, hostnames: readonly string[]) {
  const example = examples.find((one) => one.includes(`kind: ${kind}`)) ?? '';
  const complete = example.replaceAll(/^kind:/gm, `apiVersion: ${group}\nkind:`);
  const file = join(mkdtempSync(join(tmpdir(), 'avi-gateway-migration-')), 'in.yaml');
  writeFileSync(file, application(hostnames) + complete);
  const config = loadConfig({ defaults: { clusterName: 'c1' } });
  const { aviObjects, problems } = await renderPaths([file], config, { showSecrets: false });
  expect(problems).toEqual([]);
  return aviObjects;
}

it('has two ways to say one thing', async () => {
  const rules = await objectsOf('HostRule', 'ako.vmware.com/v1beta1', ['shop.example.com']);
  const hostnames = ['shop.example.com', 'www.shop.example.com'];
  const policies = await objectsOf('AviFrontendPolicy', 'avi.gateway-operator.io/v1alpha1', hostnames);
  expect(rules).toEqual(policies);
  const child = rules.find(({ body }) => body['type'] === 'VS_TYPE_VH_CHILD');
  expect(child?.body).toMatchObject({ waf_policy_ref: '/api/wafpolicy?name=Shop-WAF' });
  expect(rules.find(({ type }) => type === 'pool')?.body).toHaveProperty('pki_profile_ref');
});
