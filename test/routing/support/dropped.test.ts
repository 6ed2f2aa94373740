/** What the table of support calls dropped is dropped, and what it calls ignored is named as such. */
import { describe, expect, it } from '@jest/globals';
import { supportByKind } from '../../../src/routing/support.ts';
import { dropped, ignored } from '../../../src/routing/support/feature.ts';
import { app, gateway, httpRoute, malformed, rule, service, type Rule, type World } from '../world.ts';
import {
  conditionsOf,
  filter,
  grpcRoute,
  match,
  mirror,
  ofBackend,
  redirect,
  rewrite,
  rows,
  saying,
  setHeader,
} from './examples.ts';

const lengthHeader = { set: [{ name: 'Content-Length', value: '1' }] };

const session = (sessionPersistence: object): Rule => malformed({ ...rule(), sessionPersistence });

/** Rules that are dropped for the field of the row, by the row's key. */
const droppedRules: Readonly<Record<string, Rule>> = {
  regexPath: match({ path: { type: 'RegularExpression', value: '(' } }),
  pathValue: match({ path: { type: 'Exact', value: `/${'a'.repeat(1024)}` } }),
  headerMatching: match({ headers: [{ name: 'X-A', value: 'a\nb' }] }),
  headerRegex: match({ headers: [{ name: 'X-A', type: 'RegularExpression', value: 'a' }] }),
  queryParamMatching: match({ queryParams: ['a', 'b', 'c', 'd'].map((name) => ({ name, value: '1' })) }),
  queryRegex: match({ queryParams: [{ name: 'a', type: 'RegularExpression', value: 'a' }] }),
  requestTimeout: rule({ timeouts: { request: '7h' } }),
  backendTimeout: rule({ timeouts: { request: '1s', backendRequest: '2s' } }),
  retryCodes: rule({ retry: { codes: [503] } }),
  retryBackoff: rule({ retry: { backoff: '1s' } }),
  sessionTimeout: session({ absoluteTimeout: '30s' }),
  sessionHeaderTimeout: session({ type: 'Header', sessionName: 'a', absoluteTimeout: '1m' }),
  sessionIdleTimeout: session({ idleTimeout: '1m' }),
  filterTypes: rule({ filters: malformed([setHeader('request'), setHeader('request')]) }),
  requestHeaders: filter({ type: 'RequestHeaderModifier', requestHeaderModifier: lengthHeader }),
  responseHeaders: filter({ type: 'ResponseHeaderModifier', responseHeaderModifier: lengthHeader }),
  pathRedirect: filter(redirect({ path: { type: 'ReplaceFullPath', replaceFullPath: '/a?b' } })),
  redirect308: filter(redirect({ statusCode: 308 })),
  redirectBackends: filter(redirect({ scheme: 'https' })),
  pathRewrite: filter(rewrite({ path: { type: 'ReplaceFullPath', replaceFullPath: '/a#b' } })),
  cors: filter({ type: 'CORS', cors: { allowOrigins: ['*', 'https://a.example'] } }),
  externalAuth: filter({ type: 'ExternalAuth', externalAuth: {} }),
  unknownValue: filter({ type: 'Surprise' }),
  backendFilterTypes: rule({
    filters: malformed([setHeader('request', 'b')]),
    backendRefs: malformed([{ name: 'app', port: 8080, filters: [setHeader('request')] }]),
  }),
  backendFilters: ofBackend(setHeader('response', 'a'), setHeader('response', 'b')),
  backendResponseHeaders: ofBackend(setHeader('response', 'a'), setHeader('response', 'b')),
  backendUrlRewrite: ofBackend(rewrite({ hostname: 'a.example' }), rewrite({ hostname: 'b.example' })),
  backendMirror: ofBackend(mirror('app'), mirror('other')),
  backendRedirect: ofBackend(redirect({ scheme: 'https' })),
  backendCors: ofBackend({ type: 'CORS', cors: { allowOrigins: ['*'] } }),
};

const grpcMatch = (given: unknown): unknown => ({ matches: [given], backendRefs: [{ name: 'app', port: 8080 }] });

/** The same of GRPCRoutes. */
const droppedGrpcRules: Readonly<Record<string, unknown>> = {
  grpcMethod: grpcMatch({ method: { service: 'a/b' } }),
  grpcMethodRegex: grpcMatch({ method: { type: 'RegularExpression', service: 'a' } }),
  grpcHeaders: grpcMatch({ headers: [{ name: 'a', type: 'RegularExpression', value: 'a' }] }),
  grpcMirror: { filters: [mirror('app')] },
  grpcBackendFilters: ofBackend(setHeader('response', 'a'), setHeader('response', 'b')),
  grpcSessionPersistence: { sessionPersistence: { idleTimeout: '1m' } },
};

const twoPorts: Pick<World, 'services'> = { services: [service({ ports: [{ port: 8080 }, { port: 8081 }] })] };

describe.each([
  ['HTTPRoute', droppedRules],
  ['GRPCRoute', droppedGrpcRules],
])('rules that the table calls dropped, of %s', (kind, rules) => {
  it('have an example each', () => {
    const own = Object.keys(supportByKind[kind] ?? {});
    // The one row whose example needs extensions that exist: see the tests of extensions.
    const wanted = saying(dropped).filter((key) => own.includes(key) && key !== 'extensionClash');
    expect(Object.keys(rules).sort()).toEqual(wanted.sort());
  });

  it.each(Object.entries(rules))('%s', (key, given) => {
    const world: World = { gateways: [gateway()], ...app, ...twoPorts };
    const route =
      kind === 'HTTPRoute' ? { routes: [httpRoute({ rules: [given as Rule] })] } : { grpcRoutes: [grpcRoute([given])] };
    const accepted = conditionsOf({ ...world, ...route }).find(({ reason }) => reason === 'UnsupportedValue');
    expect(accepted).toMatchObject({ type: 'Accepted', status: 'False' });
    const [, path = ''] = /^No rule remains: (\S+):/.exec(accepted?.message ?? '') ?? [];
    const field = path.replaceAll(/\[\d+\]/g, '[]');
    const fields = rows.get(key)?.fields ?? [];
    expect(fields.filter((one) => field.startsWith(one) || one.startsWith(field))).not.toEqual([]);
  });
});

describe('fields that the table calls ignored', () => {
  const examples: Readonly<Record<string, World>> = {
    infrastructureReserved: { gateways: [gateway({ infrastructure: { labels: { clustername: 'a' } } })] },
    infrastructureAnnotations: { gateways: [gateway({ infrastructure: { annotations: { a: 'b' } } })] },
    defaultScope: { gateways: [gateway(malformed({ defaultScope: 'All' }))] },
    dedicatedMode: { gateways: [gateway({}, { annotations: { 'ako.vmware.com/dedicated-gateway-mode': 'true' } })] },
  };

  it('have an example each', () => {
    expect(Object.keys(examples).sort()).toEqual(saying(ignored).sort());
  });

  it.each(Object.entries(examples))('%s', (key, world) => {
    const said = conditionsOf(world).filter(
      ({ type, message }) => type === 'Accepted' && message.includes('; ignored: '),
    );
    expect(said.map(({ message }) => message).join()).toContain(`(${rows.get(key)?.reason})`);
  });
});
