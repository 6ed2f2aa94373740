/** HealthMonitors and RouteBackendExtensions shown by traffic: manifests, operator, controller, data plane, real backends. */
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../cluster/eventually.ts';
import { cookieForm, gatewayManifest, useTraffic } from './rig.ts';

const host = 'www.example.test';
const filter = (kind: string, name: string) =>
  `{type: ExtensionRef, extensionRef: {group: ako.vmware.com, kind: ${kind}, name: ${name}}}`;

const ownHeader = '{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-own, value: a}]}}';

const { ask, create, get, answers, backends } = useTraffic(7, [
  `
apiVersion: ako.vmware.com/v1alpha2
kind: L7Rule
metadata: {name: behind, namespace: default}
spec: {httpPolicy: {policySets: [Headers]}}`,
  `
apiVersion: ako.vmware.com/v1alpha2
kind: L7Rule
metadata: {name: instead, namespace: default}
spec: {httpPolicy: {policySets: [Headers], overwrite: true}}`,
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
  - matches: [{path: {type: Exact, value: /behind/headers}}]
    filters: [${ownHeader}, ${filter('L7Rule', 'behind')}]
    backendRefs: [{name: web, port: 80}]
  - matches: [{path: {type: Exact, value: /instead/headers}}]
    filters: [${ownHeader}, ${filter('L7Rule', 'instead')}]
    backendRefs: [{name: web, port: 80}]
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

  it('puts policy sets of the controller behind filters, or in their place', async () => {
    await create('httppolicyset', {
      name: 'Headers',
      http_request_policy: {
        rules: [
          {
            name: 'set',
            index: 1,
            enable: true,
            hdr_action: [{ action: 'HTTP_ADD_HDR', hdr: { name: 'x-set', value: { val: 'b' } } }],
          },
        ],
      },
    });
    const headers = async (path: string) => {
      const { status, body } = await ask(host, path);
      return status === 200 ? (JSON.parse(body) as Readonly<Record<string, string>>) : {};
    };
    await eventually(async () =>
      expect(await headers('/behind/headers')).toMatchObject({ 'x-own': 'a', 'x-set': 'b' }),
    );
    await eventually(async () => expect(await headers('/instead/headers')).toMatchObject({ 'x-set': 'b' }));
    expect(await headers('/instead/headers')).not.toHaveProperty('x-own');
  }, 60_000);

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
