/** HealthMonitors and RouteBackendExtensions shown by traffic: manifests, operator, controller, data plane, real backends. */
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../cluster/eventually.ts';
import { cookieForm, gatewayManifest, useTraffic } from './rig.ts';

const host = 'www.example.test';
const filter = (kind: string, name: string) =>
  `{type: ExtensionRef, extensionRef: {group: ako.vmware.com, kind: ${kind}, name: ${name}}}`;

const { get, answers, backends } = useTraffic(7, [
  gatewayManifest(host),
  `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: default}
spec:
  parentRefs: [{name: gw}]
  rules:
  - matches: [{path: {type: Exact, value: /sticky}}]
    backendRefs: [{name: web, port: 80, filters: [${filter('RouteBackendExtension', 'sticky')}]}]
  - matches: [{path: {type: Exact, value: /unhealthy}}]
    backendRefs: [{name: web, port: 80, filters: [${filter('HealthMonitor', 'not-there')}]}]
  - backendRefs: [{name: web, port: 80, filters: [${filter('HealthMonitor', 'healthz')}, ${filter('RouteBackendExtension', 'turns')}]}]`,
  `
apiVersion: ako.vmware.com/v1alpha1
kind: HealthMonitor
metadata: {name: healthz, namespace: default}
spec:
  type: HEALTH_MONITOR_HTTP
  send_interval: 1
  receive_timeout: 1
  successful_checks: 1
  failed_checks: 1
  http_monitor: {http_request: GET /healthz HTTP/1.0, http_response_code: [HTTP_2XX]}`,
  `
apiVersion: ako.vmware.com/v1alpha1
kind: RouteBackendExtension
metadata: {name: turns, namespace: default}
spec: {lbAlgorithm: LB_ALGORITHM_ROUND_ROBIN}`,
  `
apiVersion: ako.vmware.com/v1alpha1
kind: RouteBackendExtension
metadata: {name: sticky, namespace: default}
spec: {lbAlgorithm: LB_ALGORITHM_ROUND_ROBIN, persistenceProfile: System-Persistence-Http-Cookie}`,
]);

describe('extensions in traffic', () => {
  it('keeps a client to its server by a cookie', async () => {
    expect(await answers(host, '/sticky')).toEqual(new Set(['a', 'b']));
    const { cookie, body } = await get(host, '/sticky');
    expect(cookie).toMatch(cookieForm);
    expect(await answers(host, '/sticky', cookie)).toEqual(new Set([body]));
    expect((await get(host, '/sticky', cookie)).cookie).toBeUndefined();
  });

  it('answers 500 where a monitor does not exist', async () => {
    expect((await get(host, '/unhealthy')).status).toBe(500);
  });

  it('takes a server away whose health check fails, and back', async () => {
    expect(await answers(host, '/')).toEqual(new Set(['a', 'b']));
    const [first] = backends;
    if (first) first.healthy = false;
    await eventually(async () => expect(await answers(host, '/')).toEqual(new Set(['b'])));
    if (first) first.healthy = true;
    await eventually(async () => expect(await answers(host, '/')).toEqual(new Set(['a', 'b'])));
  }, 60_000);
});
