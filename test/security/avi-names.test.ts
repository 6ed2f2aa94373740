/**
 * Extensions and policies name objects on the controller. An operator's own are not among those that may be named: they may
 * be of another namespace, its certificate or its policies, and could not be deleted while somebody else refers to them.
 */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { evaluateManifests } from '../../src/cli/offline.ts';
import { loadConfig, type Config } from '../../src/config.ts';
import { OFFLINE_SITE } from '../../src/main/settings.ts';

const golden = join(import.meta.dirname, '..', 'golden');
/** As another Gateway's certificate is named. */
const owns = (place: number): string => `ako-gw-cluster1--${String(place).padStart(40, '0')}`;

const configOf = (onInvalid: Config['extensionRef']['onInvalid']): Config =>
  loadConfig({
    flags: {
      clusterName: 'cluster1',
      vipNetworks: [{ networkName: 'net-vip', cidr: '10.50.0.0/16' }],
      'extensionRef.onInvalid': onInvalid,
    },
  });

async function refsOf(text: string, config: Config): Promise<readonly string[]> {
  const file = join(mkdtempSync(join(tmpdir(), 'avi-gateway-names-')), 'in.yaml');
  writeFileSync(file, text);
  const { desired } = await evaluateManifests([file], config, OFFLINE_SITE);
  const bodies = JSON.stringify(desired.map(({ objects }) => objects.map(({ body }) => body)));
  return [
    ...new Set([...bodies.matchAll(/\/api\/\w+\/?\?name=([^"&]+)/g)].map(([, name = '']) => decodeURIComponent(name))),
  ];
}

const hosts = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: default}
spec:
  gatewayClassName: avi-lb
  listeners:
  - {name: https, port: 443, protocol: HTTPS, hostname: a.example.com, tls: {certificateRefs: [{name: cert}]}}
  - {name: http, port: 80, protocol: HTTP, hostname: a.example.com}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: default}
spec:
  parentRefs: [{name: gw}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: ako.vmware.com/v1beta1
kind: HostRule
metadata: {name: h, namespace: default}
spec:
  virtualhost:
    fqdn: a.example.com
    networkSecurityPolicy: Site-Network-Policy
    wafPolicy: Site-Waf
    datascripts: [Site-Script]
    httpPolicy: {policySets: [Site-Policies]}
    tls: {sslKeyCertificate: {type: ref, name: Site-Certificate}, sslProfile: Site-Ssl, termination: edge}
`;

/** AviInfraSettings are cluster-scoped, and name Service Engine groups and networks, which are never ours. */
const administrators = 'p06-infra-settings';

/** Manifests by case, with all that they may name; of HostRules there is none that has a certificate to show. */
const cases: readonly (readonly [name: string, text: string])[] = [
  ...readdirSync(golden)
    .filter((name) => /^p\d/.test(name) && name !== administrators)
    .map((name) => [name, readFileSync(join(golden, name, 'in.yaml'), 'utf8')] as const),
  ['HostRule', hosts] as const,
];

describe.each(['fail', 'ako'] as const)('an object of an operator’s own, with onInvalid %s', (onInvalid) => {
  it('is referred to by no extension or policy that names it', async () => {
    const config = configOf(onInvalid);
    let tried = 0;
    const taken: string[] = [];
    for (const [name, text] of cases) {
      const words = new Set(text.split(/[\s"',:[\]{}]+/));
      const named = (await refsOf(text, config)).filter((one) => !one.startsWith('ako-') && words.has(one));
      for (const [place, one] of named.entries()) {
        tried += 1;
        const changed = text.replaceAll(one, owns(place));
        const refs = await refsOf(changed, config);
        if (refs.includes(owns(place))) taken.push(`${name}: ${one}`);
      }
    }
    expect(taken).toEqual([]);
    expect(tried).toBeGreaterThan(40);
  }, 60_000);
});
