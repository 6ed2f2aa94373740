import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Schema, isObject } from '../../crds/generate/schema-prose.ts';
import { readUpstream, root } from '../../crds/generate/upstream.ts';
import type { Pool, VirtualService } from '../../generated/avi.ts';
import type { Gateway, HTTPRoute } from '../../generated/gateway-api.ts';

interface AviDocument {
  readonly objects: Record<string, string>;
  readonly components: { readonly schemas: Record<string, Schema> };
}
interface GatewayApiDocument {
  readonly bundleVersion: string;
  readonly kinds: Record<string, { readonly version: string; readonly plural: string; readonly schema: Schema }>;
}

const read = (name: string) => readFileSync(join(root, 'generated', name), 'utf8');
const avi = JSON.parse(read('avi.schema.json')) as AviDocument;
const gatewayApi = JSON.parse(read('gateway-api.schema.json')) as GatewayApiDocument;

/** Every keyword of a schema and its subschemas; names of properties are not keywords. */
function keywords(schema: Schema): readonly string[] {
  return Object.entries(schema).flatMap(([key, value]) => {
    const children = key === 'properties' && isObject(value) ? Object.values(value) : [value];
    const nested = ['default', 'enum'].includes(key) ? [] : children.flat().filter(isObject).flatMap(keywords);
    return [key, ...nested];
  });
}

function at(schema: Schema, ...path: readonly string[]): Schema {
  return path.reduce((found, key) => found[key] as Schema, schema);
}

describe("the Gateway API's schemas", () => {
  it('hold the ten standard kinds at v1', () => {
    expect(Object.keys(gatewayApi.kinds)).toEqual([
      'BackendTLSPolicy',
      'GatewayClass',
      'Gateway',
      'GRPCRoute',
      'HTTPRoute',
      'ListenerSet',
      'ReferenceGrant',
      'TCPRoute',
      'TLSRoute',
      'UDPRoute',
    ]);
    expect(new Set(Object.values(gatewayApi.kinds).map((kind) => kind.version))).toEqual(new Set(['v1']));
    expect(gatewayApi.bundleVersion).toBe(readUpstream().gatewayApi.version);
  });

  it('keep defaults, limits, patterns, list keys and CEL rules', () => {
    const route = gatewayApi.kinds.HTTPRoute!.schema;
    const rules = at(route, 'properties', 'spec', 'properties', 'rules');
    expect(rules).toMatchObject({ minItems: 1, maxItems: 16, type: 'array' });
    expect(at(rules, 'items', 'properties', 'matches').default).toEqual([{ path: { type: 'PathPrefix', value: '/' } }]);
    const listeners = at(gatewayApi.kinds.Gateway!.schema, 'properties', 'spec', 'properties', 'listeners');
    expect(listeners['x-kubernetes-list-map-keys']).toEqual(['name']);
    expect(at(listeners, 'items', 'properties', 'hostname').pattern).toContain('a-z0-9');
    expect(at(listeners)['x-kubernetes-validations']).not.toHaveLength(0);
  });
});

describe("Avi's schemas", () => {
  it('name a definition for every REST type of every swagger file', () => {
    expect(Object.keys(avi.objects)).toHaveLength(Object.keys(readUpstream().avi.inputs).length);
    for (const definition of Object.values(avi.objects)) expect(avi.components.schemas).toHaveProperty([definition]);
  });

  it('compile, and refuse a value outside an enum or a range', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    ajv.addSchema({ $id: 'avi', ...avi });
    const validate = ajv.compile({ $ref: 'avi#/components/schemas/Pool' });
    expect(validate({ name: 'p', lb_algorithm: 'LB_ALGORITHM_ROUND_ROBIN' })).toBe(true);
    expect(validate({ name: 'p', lb_algorithm: 'FASTEST' })).toBe(false);
    expect(validate({ name: 'p', default_server_port: 70000 })).toBe(false);
    expect(validate({ lb_algorithm: 'LB_ALGORITHM_ROUND_ROBIN' })).toBe(false);
  });
});

describe('no upstream sentence', () => {
  const schemas: readonly (readonly [string, Schema])[] = [
    ...Object.entries(avi.components.schemas),
    ...Object.entries(gatewayApi.kinds).map(([kind, { schema }]) => [kind, schema] as const),
  ];

  it('is in a schema', () => {
    const prose = ['description', 'title', 'example', 'message', 'messageExpression'];
    const found = schemas.filter(([, schema]) => keywords(schema).some((keyword) => prose.includes(keyword)));
    expect(found.map(([name]) => name)).toEqual([]);
  });

  it.each(['avi.ts', 'gateway-api.ts'])('is in a comment of %s', (name) => {
    const comments = read(name).match(/\/\*\*[\s\S]*?\*\//g) ?? [];
    const plain = comments.filter((comment) => !/^\/\*\*[\s*]*(@default|@enum|Format:)/.test(comment));
    expect(plain).toEqual([]);
  });
});

describe('the types', () => {
  it('know enums and required fields', () => {
    const pool: Pool = { name: 'p', lb_algorithm: 'LB_ALGORITHM_ROUND_ROBIN' };
    // @ts-expect-error: no such algorithm
    const wrongPool: Pool = { name: 'p', lb_algorithm: 'FASTEST' };
    // @ts-expect-error: a virtual service needs a name
    const unnamed: VirtualService = {};
    const route: HTTPRoute = { metadata: { name: 'r' }, spec: { rules: [{ matches: [{ method: 'GET' }] }] } };
    // @ts-expect-error: a Gateway needs its class and listeners
    const gateway: Gateway = { metadata: { name: 'g' }, spec: {} };
    expect([pool, wrongPool, unnamed, route, gateway]).toHaveLength(5);
  });
});
