/** Random Gateways and requests over few names, so that hosts, paths and conditions meet often. */
import fc from 'fast-check';
import type { ModelAction, ModelConfig, ModelMatch, ModelRequest, ModelRoute } from './model.ts';

type Kind = NonNullable<ModelRoute['kind']>;

const hostnames = ['a.x', 'b.x', 'h.a.x', 'q.b.a.x', '*.x', '*.a.x', '*.b.a.x'];
const requestHosts = [
  'a.x',
  'b.x',
  'c.x',
  'h.a.x',
  'k.a.x',
  'q.b.a.x',
  'p.b.a.x',
  'x',
  'o.y',
  'B.X',
  'a.x:8080',
  'K.a.x:18443',
];
const paths = ['/', '/a', '/a/', '/a/b', '/ab', '/a/b/c'];
const patterns = ['^/a.*$', '^/[az]$', '^/a/b(/.*)?$'];
const requestPaths = [...paths, '/a/b/', '/a/b/c/d', '/a/zz', '/z', '/abz'];
const services = ['a', 'ab', 'a.b', 'a.b.C'];
const methods = ['b', 'bc', 'B'];
const calls = [...services, 'z'].flatMap((service) => [...methods, 'zz'].map((method) => `/${service}/${method}`));
const nested = [null, '*.x', '*.a.x', '*.b.a.x', 'q.b.a.x', 'h.a.x'];
const digit = fc.constantFrom('1', '2');

const path: fc.Arbitrary<ModelMatch['path']> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant('Exact'), fc.constantFrom(...paths)) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('PathPrefix'), fc.constantFrom(...paths)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('RegularExpression'), fc.constantFrom(...patterns)) },
);

const plainMatch: fc.Arbitrary<ModelMatch> = path.map((value) => ({
  path: value,
  method: null,
  headers: [],
  query: [],
}));

const conditionalMatch: fc.Arbitrary<ModelMatch> = fc.record({
  path,
  method: fc.option(fc.constantFrom('GET', 'POST'), { freq: 2 }),
  headers: fc.array(fc.tuple(fc.constantFrom('v', 'V', 'w'), digit), { maxLength: 2 }),
  query: fc.oneof(fc.constant([]), fc.array(fc.tuple(fc.constantFrom('q', 'r', 'qq'), digit), { maxLength: 2 })),
});

const httpMatch = fc.oneof({ weight: 3, arbitrary: plainMatch }, { weight: 2, arbitrary: conditionalMatch });

const grpcMatch: fc.Arbitrary<ModelMatch> = fc.record({
  path: fc.constant<ModelMatch['path']>(['PathPrefix', '/']),
  method: fc.constant(null),
  headers: fc.oneof(fc.constant([]), fc.array(fc.tuple(fc.constantFrom('v', 'V', 'w'), digit), { maxLength: 2 })),
  query: fc.constant([]),
  grpc: fc.record({
    service: fc.option(fc.constantFrom(...services), { freq: 3 }),
    method: fc.option(fc.constantFrom(...methods), { freq: 2 }),
  }),
});

/** What rules of a kind match and do. */
const ofKind: Readonly<Record<Kind, { readonly match: fc.Arbitrary<ModelMatch>; readonly actions: ModelAction[] }>> = {
  HTTPRoute: { match: httpMatch, actions: ['forward', 'strip', 'redirect', 'fail'] },
  GRPCRoute: { match: grpcMatch, actions: ['forward', 'fail'] },
};

/** Listeners on one or two ports, or a chain of nested hostnames on one port. */
const listeners: fc.Arbitrary<ModelConfig['listeners']> = fc
  .oneof(
    {
      weight: 3,
      arbitrary: fc.uniqueArray(
        fc.record({ port: fc.constantFrom(80, 8080), hostname: fc.constantFrom(null, null, ...hostnames) }),
        { minLength: 1, maxLength: 6, selector: ({ port, hostname }) => `${hostname}:${port}` },
      ),
    },
    {
      weight: 1,
      arbitrary: fc
        .subarray(nested, { minLength: 1 })
        .map((chain) => chain.map((hostname) => ({ port: 80, hostname }))),
    },
  )
  .map((all) => all.map((listener, index) => ({ name: `l${index}`, ...listener })));

function route(config: ModelConfig['listeners'], kind: Kind): fc.Arbitrary<Omit<ModelRoute, 'name'>> {
  const { match, actions } = ofKind[kind];
  const section = fc.constantFrom(...config.map(({ name }) => name)).map((name) => ({ section: name, port: null }));
  const port = fc
    .constantFrom(...config.map((listener) => listener.port))
    .map((value) => ({ section: null, port: value }));
  return fc.record({
    kind: fc.constant(kind),
    ns: fc.constant('n'),
    age: fc.nat({ max: 2 }),
    parents: fc.oneof(
      { weight: 5, arbitrary: fc.constant([{ section: null, port: null }]) },
      { weight: 4, arbitrary: fc.array(section, { minLength: 1, maxLength: 3 }) },
      { weight: 1, arbitrary: fc.tuple(port) },
    ),
    hostnames: fc.oneof(
      { weight: 1, arbitrary: fc.constant([]) },
      { weight: 2, arbitrary: fc.uniqueArray(fc.constantFrom(...hostnames), { minLength: 1, maxLength: 3 }) },
    ),
    rules: fc.array(fc.array(match, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
    actions: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      {
        weight: 1,
        arbitrary: fc.array(fc.constantFrom(...actions), { maxLength: 3 }),
      },
    ),
  });
}

/** The kinds that a Gateway's routes are drawn from. */
const kinds = fc.oneof(
  fc.constant<readonly Kind[]>(['HTTPRoute']),
  fc.constant<readonly Kind[]>(['GRPCRoute']),
  fc.constant<readonly Kind[]>(['HTTPRoute', 'GRPCRoute']),
);

export const config: fc.Arbitrary<ModelConfig> = fc.tuple(listeners, kinds).chain(([all, some]) =>
  fc.record({
    listeners: fc.constant(all),
    routes: fc
      .array(fc.oneof(...some.map((kind) => route(all, kind))), { minLength: 1, maxLength: 5 })
      .map((routes) => routes.map((value, index) => ({ ...value, name: `r${index}` }))),
  }),
);

/** Requests, gRPC calls among them, to ports 80 and 8080; the port in a Host header need not be the one that the request came to. */
export const request: fc.Arbitrary<ModelRequest> = fc.record({
  port: fc.constantFrom(80, 80, 8080),
  host: fc.constantFrom(...requestHosts),
  path: fc.oneof(fc.constantFrom(...requestPaths), fc.constantFrom(...calls)),
  method: fc.constantFrom('GET', 'GET', 'POST', 'PUT'),
  headers: fc.dictionary(fc.constantFrom('v', 'w'), digit, { maxKeys: 2 }),
  query: fc.array(fc.tuple(fc.constantFrom('q', 'r', 'qq'), digit), { maxLength: 3 }),
});
