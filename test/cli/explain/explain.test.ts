import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readRequest } from '../../../src/cli/explain/request.ts';
import { describeExplanation } from '../../../src/cli/explain/text.ts';
import { explainEverywhere } from '../../../src/cli/explain.ts';
import { evaluateManifests } from '../../../src/cli/offline.ts';
import { loadConfig } from '../../../src/config.ts';
import { OFFLINE_SITE } from '../../../src/main/settings.ts';

const request = (url: string, headers: readonly string[] = [], method = 'get') => readRequest({ url, method, headers });

describe('readRequest', () => {
  it('takes the path as it is written, and the port that the scheme stands for', () => {
    expect(request('https://Shop.Example.com/a/../b%2Fc?x=1&y#frag', ['X-Env: canary ', 'x-env:b'])).toEqual({
      scheme: 'https',
      host: 'shop.example.com',
      port: 443,
      method: 'GET',
      path: '/a/../b%2Fc',
      query: 'x=1&y',
      headers: { 'x-env': ['canary', 'b'] },
    });
    expect(request('http://[2001:db8::1]:8080')).toMatchObject({ host: '[2001:db8::1]', port: 8080, path: '/' });
    expect(request('http://192.0.2.1', ['Host: App.example.com:8080'])).toMatchObject({ host: 'app.example.com' });
  });

  it.each([
    ['ftp://x', []],
    ['tcp://x', []],
    ['http://', []],
    ['http://x:99999', []],
    ['http://x', ['nocolon']],
  ])('refuses %s %j with exit code 2', (url, headers) => {
    expect(() => request(url, headers)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});

const manifest = (name: string, hostname: string) => `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: ${name}, namespace: default}
spec:
  gatewayClassName: avi-lb
  listeners: [{name: http, port: 80, protocol: HTTP, hostname: '${hostname}'}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: ${name}, namespace: default}
spec:
  parentRefs: [{name: ${name}}]
  rules: [{backendRefs: [{name: missing, port: 80}]}]
---
`;

it('explains manifests at each Gateway, and says why a request is answered with 500', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'avi-gateway-explain-')), 'in.yaml');
  writeFileSync(file, manifest('one', 'one.example.com') + manifest('two', 'two.example.com'));
  const config = loadConfig({ flags: { clusterName: 'c1' } });
  const evaluation = await evaluateManifests([file], config, OFFLINE_SITE);
  const asked = request('http://two.example.com/x');
  const [one, two] = explainEverywhere(evaluation, config, OFFLINE_SITE, asked);
  expect(one).toMatchObject({ gateway: 'default/one', answer: { kind: 'error', status: 404 } });
  expect(one).not.toHaveProperty('listener');
  const text = describeExplanation(two!, ['192.0.2.7']);
  expect(text).toContain('Gateway default/two (tenant admin, address 192.0.2.7)');
  expect(text).toMatch(/\* +HTTPRoute default\/two rules\[0\] +PathPrefix \/ +answers/);
  expect(text).toMatch(/500: HTTPRoute default\/two rules\[0\], default\/missing:80: BackendNotFound/);
});

it('shows which policy set which field', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'avi-gateway-explain-')), 'in.yaml');
  const policy = `
apiVersion: avi.gateway-operator.io/v1alpha1
kind: AviFrontendPolicy
metadata: {name: waf, namespace: default}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: one}]
  wafPolicy: Waf
---
apiVersion: avi.gateway-operator.io/v1alpha1
kind: AviBackendPolicy
metadata: {name: ramp, namespace: default}
spec:
  targetRefs: [{group: "", kind: Service, name: missing}]
  rampMinutes: 5
---
apiVersion: v1
kind: Service
metadata: {name: missing, namespace: default}
spec: {ports: [{port: 80}]}
`;
  writeFileSync(file, manifest('one', 'one.example.com') + policy);
  const config = loadConfig({ flags: { clusterName: 'c1' } });
  const evaluation = await evaluateManifests([file], config, OFFLINE_SITE);
  const [one] = explainEverywhere(evaluation, config, OFFLINE_SITE, request('http://one.example.com/'));
  const text = describeExplanation(one!, []);
  expect(text).toContain('set: wafPolicy by AviFrontendPolicy default/waf');
  expect(text).toContain('set: default/missing:80: rampMinutes by AviBackendPolicy default/ramp');
});
