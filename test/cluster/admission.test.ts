import { describe, expect, it, jest } from '@jest/globals';
import { whySkipped } from '../../src/cluster/admission/rules.ts';
import { customSchemas, isRecord } from '../../src/cluster/admission/schema.ts';
import { admit } from '../../src/cluster/admission.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(60_000);

const now = '2026-01-01T00:00:00.000Z';
const group = 'gateway.networking.k8s.io';

function gateway(listener: object, extra: object = {}): object {
  return {
    apiVersion: `${group}/v1`,
    kind: 'Gateway',
    metadata: { name: 'gw', namespace: 'infra' },
    spec: { gatewayClassName: 'avi-lb', listeners: [{ name: 'l', port: 80, protocol: 'HTTP', ...listener }], ...extra },
  };
}

function route(rule: object, spec: object = {}): object {
  return {
    apiVersion: `${group}/v1`,
    kind: 'HTTPRoute',
    metadata: { name: 'r', namespace: 'dev' },
    spec: { parentRefs: [{ name: 'gw' }], rules: [rule], ...spec },
  };
}

/** `field: message` of each problem. */
function problemsOf(value: unknown): readonly string[] {
  return admit(value, 'in.yaml', now).problems.map(({ field, message }) => `${field}: ${message}`);
}

function specOf(value: unknown): unknown {
  const { admitted, problems } = admit(value, 'in.yaml', now);
  expect(problems).toEqual([]);
  return (admitted?.object as { readonly spec?: unknown }).spec;
}

describe('admission: completion', () => {
  it('sets the defaults that the API server sets, also inside of defaults', () => {
    expect(specOf(route({ backendRefs: [{ name: 'web', port: 80 }] }))).toEqual({
      parentRefs: [{ group, kind: 'Gateway', name: 'gw' }],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [{ group: '', kind: 'Service', name: 'web', port: 80, weight: 1 }],
        },
      ],
    });
  });

  it('drops nulls, then sets defaults', () => {
    const spec = specOf(route({ matches: null, name: null, backendRefs: [{ name: 'web', port: 80, weight: null }] }));
    expect(spec).toMatchObject({ rules: [{ backendRefs: [{ weight: 1 }], matches: [{ path: { value: '/' } }] }] });
    expect((spec as { readonly rules: readonly object[] }).rules[0]).not.toHaveProperty('name');
  });

  it('fills in namespace, creation time and generation, and keeps a creation time that is given', () => {
    const object = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } };
    const { admitted } = admit(object, 'in.yaml', now);
    expect(admitted?.object.metadata).toEqual({
      name: 's',
      namespace: 'default',
      creationTimestamp: now,
      generation: 1,
    });
    const creationTimestamp = '2020-01-01T00:00:00Z';
    const given = admit({ ...object, metadata: { name: 's', creationTimestamp } }, 'in.yaml', now);
    expect(given.admitted?.object.metadata?.creationTimestamp).toBe(creationTimestamp);
  });

  it('drops fields that the kind does not have, and says so', () => {
    const { admitted, problems } = admit(gateway({ hostnames: ['a.example'] }, { extra: { a: 1 } }), 'in.yaml', now);
    expect(problems.map(({ field }) => field).sort()).toEqual(['spec.extra', 'spec.listeners[0].hostnames']);
    expect(JSON.stringify(admitted)).not.toContain('hostnames');
  });

  it('ignores a status that somebody applies', () => {
    const { admitted } = admit({ ...gateway({}), status: { addresses: [{ value: '10.0.0.1' }] } }, 'in.yaml', now);
    expect(JSON.stringify(admitted)).not.toContain('10.0.0.1');
  });

  it('does not change its input', () => {
    const value = route({ backendRefs: [{ name: 'web', port: 80 }] });
    const copy = JSON.stringify(value);
    admit(value, 'in.yaml', now);
    expect(JSON.stringify(value)).toBe(copy);
  });

  it('encodes stringData of a Secret', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { a: 'b' } };
    expect(admit(secret, 'in.yaml', now).admitted?.object).toMatchObject({ type: 'Opaque', data: { a: 'Yg==' } });
  });
});

describe('admission: refusal', () => {
  it.each([
    ['a hostname that is only a star', gateway({ hostname: '*' }), 'spec.listeners[0].hostname: must match pattern'],
    ['an IP-like port', gateway({ port: 0 }), 'spec.listeners[0].port: must be >= 1'],
    ['a missing field', gateway({ port: undefined }), 'spec.listeners[0].port: is required'],
    ['a wrong type', gateway({ port: '80' }), 'spec.listeners[0].port: must be integer'],
    [
      'an unknown protocol of TLS mode',
      gateway({ tls: { mode: 'Off' } }),
      'spec.listeners[0].tls.mode: must be one of Terminate, Passthrough',
    ],
    ['a Service without spec', { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' } }, 'spec: is required'],
    [
      'a Service with a list for a spec',
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: [] },
      'spec: must be an object',
    ],
    ['a rule of the CRD', gateway({ tls: {} }), 'must satisfy the rule'],
    ['a path without a slash', route({ matches: [{ path: { type: 'Exact', value: 'a' } }] }), "startsWith('/')"],
    ['a path that a pattern forbids', route({ matches: [{ path: { type: 'Exact', value: '/a b' } }] }), 'matches('],
    ['a timeout that contradicts another', route({ timeouts: { request: '1s', backendRequest: '2s' } }), 'duration('],
    [
      'a prefix rewrite of an exact path',
      route({
        matches: [{ path: { type: 'Exact', value: '/a' } }],
        filters: [
          { type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' } } },
        ],
      }),
      'ReplacePrefixMatch',
    ],
    ['a filter without its fields', route({ filters: [{ type: 'URLRewrite' }] }), 'has(self.urlRewrite)'],
    [
      'two listeners with the same name',
      gateway(
        {},
        {
          listeners: [
            { name: 'l', port: 80, protocol: 'HTTP' },
            { name: 'l', port: 81, protocol: 'HTTP' },
          ],
        },
      ),
      'spec.listeners[1]: repeats an earlier entry',
    ],
  ])('%s', (_what, value, message) => {
    const { admitted, problems } = admit(value, 'in.yaml', now);
    expect(admitted).toBeUndefined();
    expect(problems.map((problem) => `${problem.field}: ${problem.message}`).join('\n')).toContain(message);
  });

  it('accepts TLS termination as the specification wants it', () => {
    const listener = { protocol: 'HTTPS', port: 443, tls: { certificateRefs: [{ name: 'tls' }] } };
    expect(problemsOf(gateway(listener))).toEqual([]);
  });

  it.each([
    [`${'a'.repeat(300)}`, 'metadata.name: has 300 characters; at most 253 are allowed'],
    ['Upper', 'metadata.name: must be lower case'],
    ['', 'metadata.name: is required'],
    [7, 'metadata.name: is required and must be text'],
  ])('the name %p', (name, message) => {
    expect(problemsOf({ ...gateway({}), metadata: { name, namespace: 'infra' } })[0]).toContain(message);
  });

  it('labels that are not text', () => {
    const metadata = { name: 'n', labels: { a: 1, 'b c': 'x', ok: 'with space' } };
    expect(problemsOf({ apiVersion: 'v1', kind: 'Namespace', metadata })).toEqual([
      'metadata.labels.a: must be text; put quotes around it',
      'metadata.labels.b c: is not a valid key',
      'metadata.labels.ok: is not a valid label value',
    ]);
  });

  it.each([
    [null, 'is not a Kubernetes object'],
    ['text', 'is not a Kubernetes object'],
    [[], 'is not a Kubernetes object'],
    [{ kind: 'Gateway' }, 'apiVersion: is required'],
    [{ apiVersion: 'v1' }, 'kind: is required'],
    [{ apiVersion: 'v1', kind: 'Gateway' }, 'is not a kind that is handled here'],
    [{ apiVersion: `${group}/v1`, kind: 'Gatewy' }, 'is not a kind that is handled here'],
    [{ apiVersion: `${group}/v1`, kind: 'constructor' }, 'is not a kind that is handled here'],
    [{ apiVersion: `${group}/v1alpha2`, kind: 'ReferenceGrant' }, `use ${group}/v1, ${group}/v1beta1`],
  ])('%j', (value, message) => {
    const { admitted, problems } = admit(value, 'in.yaml, document 2', now);
    expect(admitted).toBeUndefined();
    expect(problems).toHaveLength(1);
    expect(problems[0]?.resource).toBe('in.yaml, document 2');
    expect(`${problems[0]?.field}: ${problems[0]?.message}`).toContain(message);
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('refuses the apiVersion %s', (apiVersion) => {
    expect(admit({ apiVersion, kind: 'name', metadata: { name: 'a' } }, 'in.yaml', now).problems).toHaveLength(1);
  });

  it('never repeats a value of a Secret', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { key: 'not base64: hunter2' } };
    const problems = problemsOf(secret);
    expect(problems).toEqual(['data.key: must be base64']);
  });

  it('says nothing about kinds that often stand beside Gateways', () => {
    expect(admit({ apiVersion: 'apps/v1', kind: 'Deployment' }, 'in.yaml', now)).toEqual({ problems: [] });
  });
});

/** Every rule of the CRDs, wherever it stands. */
function allRules(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(allRules);
  if (!isRecord(node)) return [];
  const own = node['x-kubernetes-validations'];
  const rules = Array.isArray(own) ? (own as readonly { readonly rule: string }[]).map(({ rule }) => rule) : [];
  return [...rules, ...Object.values(node).flatMap(allRules)];
}

describe('rules of the CRDs', () => {
  it('are all evaluated but for those about a change', () => {
    const rules = [...new Set(allRules(customSchemas()))];
    expect(rules.length).toBeGreaterThan(60);
    const skipped = rules.filter((rule) => whySkipped(rule) !== undefined);
    expect(skipped).toContain('self == oldSelf');
    expect(skipped.filter((rule) => !rule.includes('oldSelf'))).toEqual([]);
  });
});
