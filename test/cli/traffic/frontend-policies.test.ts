/** AviFrontendPolicies shown by traffic: who is let in, how often, and what the profile of their own does; other routes are left alone. */
import { describe, expect, it } from '@jest/globals';
import { gatewayManifest, useTraffic } from './rig.ts';

const host = 'www.example.test';

function route(path: string): string {
  return `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: ${path}, namespace: default}
spec:
  parentRefs: [{name: gw}]
  hostnames: [${host}]
  rules:
  - matches: [{path: {value: /${path}}}]
    backendRefs: [{name: web, port: 80}]`;
}

const paths = ['denied', 'allowed', 'limited', 'small', 'forwarded', 'compressed', 'open'];

function policy(target: string, spec: string): string {
  return `
apiVersion: avi.gateway-operator.io/v1alpha1
kind: AviFrontendPolicy
metadata: {name: ${target}, namespace: default}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: ${target}}]
  ${spec}`;
}

const { ask } = useTraffic(9, [
  gatewayManifest(),
  ...paths.map(route),
  policy('denied', 'access: {deny: [127.9.9.0/24, "::1"]}'),
  policy('allowed', 'access: {allow: [127.9.0.0/16], deny: [127.9.9.9]}'),
  policy('limited', 'rateLimit: {requests: 3, periodSeconds: 300}'),
  policy('small', 'maxRequestBodyKilobytes: 1\n  maxRequestHeadersKilobytes: 16'),
  policy('forwarded', 'forwardedFor: {mode: Append}\n  forwardedProto: true'),
  policy('compressed', 'compression: true'),
]);

describe('frontend policies in traffic', () => {
  it('refuse clients of the deny list, and those that an allow list does not have; on other routes nobody', async () => {
    const status = async (path: string, from: string) => (await ask(host, path, { from })).status;
    expect(await status('/denied', '127.9.9.9')).toBe(403);
    expect(await status('/denied', '127.9.8.9')).toBe(200);
    expect(await status('/allowed', '127.9.9.8')).toBe(200);
    expect(await status('/allowed', '127.9.9.9')).toBe(403);
    expect(await status('/allowed', '127.8.0.1')).toBe(403);
    expect(await status('/open', '127.9.9.9')).toBe(200);
  });

  it('refuse what is above the rate, of that route only', async () => {
    const statuses: number[] = [];
    for (let turn = 0; turn < 5; turn++) statuses.push((await ask(host, '/limited')).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect((await ask(host, '/limited', { from: '127.9.9.9' })).status).toBe(200);
    for (let turn = 0; turn < 5; turn++) expect((await ask(host, '/open')).status).toBe(200);
  });

  it('limit the size of bodies', async () => {
    const send = async (path: string, length: number) =>
      (await ask(host, path, { method: 'POST', body: 'x'.repeat(length) })).status;
    expect(await send('/small', 1024)).toBe(200);
    expect(await send('/small', 1025)).toBe(413);
    expect(await send('/open', 4096)).toBe(200);
  });

  it('say how the client is told to servers', async () => {
    const headers = { 'x-forwarded-for': '192.0.2.9' };
    const seen = async (path: string) => JSON.parse((await ask(host, `${path}/headers`, { headers })).body) as unknown;
    expect(await seen('/forwarded')).toMatchObject({
      'x-forwarded-for': '192.0.2.9, 127.0.0.1',
      'x-forwarded-proto': 'http',
    });
    expect(await seen('/open')).toMatchObject({ 'x-forwarded-for': '127.0.0.1' });
    expect(await seen('/open')).not.toHaveProperty('x-forwarded-proto');
  });

  it('compress what clients accept', async () => {
    const encoding = async (path: string, accepted: string) => {
      const { headers } = await ask(host, `${path}/page`, { headers: { 'accept-encoding': accepted } });
      return headers['content-encoding'];
    };
    expect(await encoding('/compressed', 'gzip')).toBe('gzip');
    expect(await encoding('/compressed', 'br')).toBeUndefined();
    expect(await encoding('/open', 'gzip')).toBeUndefined();
  });
});
