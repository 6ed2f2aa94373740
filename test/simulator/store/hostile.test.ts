import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { applyPatch, parsePatch } from '../../../src/simulator/rest/patch.ts';
import { ApiError } from '../../../src/simulator/store/errors.ts';
import type { Draft } from '../../../src/simulator/store/document.ts';
import { createFixture, everyPath } from './fixture.ts';

/** Bodies that are accepted, to be damaged. */
const valid: Readonly<Record<string, Draft>> = {
  pool: {
    name: 'p',
    servers: [{ ip: { addr: '10.0.0.1', type: 'V4' }, port: 80, enabled: true }],
    health_monitor_refs: ['/api/healthmonitor?name=System-TCP'],
    markers: [{ key: 'k', values: ['v'] }],
  },
  vsvip: {
    name: 'v',
    vip: [
      {
        vip_id: '0',
        auto_allocate_ip: true,
        ip_address: { addr: '10.9.0.3', type: 'V4' },
        ipam_network_subnet: {
          network_ref: '/api/network?name=net-vip',
          subnet: { ip_addr: { addr: '10.9.0.0', type: 'V4' }, mask: 29 },
        },
      },
    ],
    dns_info: [{ fqdn: 'a.example.com' }],
  },
  virtualservice: {
    name: 'c',
    type: 'VS_TYPE_VH_CHILD',
    vh_type: 'VS_TYPE_VH_ENHANCED',
    vh_parent_vs_ref: '/api/virtualservice?name=parent',
    vh_matches: [everyPath('a.example.com')],
    http_policies: [{ index: 1, http_policy_set_ref: '/api/httppolicyset?name=rules' }],
    services: [],
  },
  httppolicyset: {
    name: 'h',
    http_request_policy: {
      rules: [
        {
          name: 'r',
          index: 1,
          enable: true,
          match: { path: { match_criteria: 'EQUALS', match_str: ['/'] } },
          hdr_action: [{ action: 'HTTP_ADD_HDR', hdr: { name: 'a', value: { val: 'b' } } }],
        },
      ],
    },
  },
  vsdatascriptset: { name: 'd', datascript: [{ evt: 'VS_DATASCRIPT_EVT_HTTP_REQ', script: 'return' }] },
  sslkeyandcertificate: {
    name: 's',
    certificate: { certificate: '-----BEGIN CERTIFICATE-----' },
    key: '-----BEGIN PRIVATE KEY-----',
  },
  network: { name: 'n', configured_subnets: [{ prefix: { ip_addr: { addr: '10.0.0.0', type: 'V4' }, mask: 24 } }] },
};

const fixtures = (['strict', 'compat'] as const).map((mode) => {
  const fixture = createFixture(mode);
  fixture.make('vsvip', { name: 'vip', vip: [{ auto_allocate_ip: true }] });
  fixture.make('httppolicyset', { name: 'rules' });
  fixture.make('virtualservice', {
    name: 'parent',
    type: 'VS_TYPE_VH_PARENT',
    vh_type: 'VS_TYPE_VH_ENHANCED',
    vsvip_ref: '/api/vsvip?name=vip',
  });
  return fixture;
});

/** Replaces, by a path of numbers, one value somewhere in a copy of the body. */
function damage(body: Draft, path: readonly number[], value: unknown): Draft {
  const copy = structuredClone(body);
  let current: Record<string, unknown> = copy;
  for (const [depth, step] of path.entries()) {
    const keys = Object.keys(current);
    const key = keys[step % Math.max(1, keys.length)];
    if (key === undefined) break;
    const child = current[key];
    if (depth < path.length - 1 && typeof child === 'object' && child !== null)
      current = child as Record<string, unknown>;
    else {
      current[key] = value;
      break;
    }
  }
  return copy;
}

/** Every write ends in an object or in a refusal below 500, and a refusal changes nothing. */
function expectAnswer(write: () => unknown, count: () => number): void {
  const before = count();
  try {
    write();
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).status).toBeLessThan(500);
    expect(count()).toBe(before);
  }
}

const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    '',
    '/api/',
    '/api/pool/?name=',
    '#',
    'pool-',
    '__proto__',
    'constructor',
    -1,
    0,
    1e99,
    65536,
    '10.0.0.0/8',
    '::',
  ),
);

describe('hostile bodies', () => {
  it('of every type are answered', () => {
    const types = [...(fixtures[0]?.store.catalogue.types.keys() ?? [])];
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.dictionary(fc.string(), anyValue), anyValue, (type, body, name) => {
        for (const { make, store } of fixtures) {
          expectAnswer(
            () => make(type, { ...body, ...(typeof name === 'string' ? { name } : {}) }),
            () => [...store.all()].length,
          );
        }
      }),
      { seed: 5, numRuns: 150 },
    );
  });

  it.each(Object.keys(valid))('of type %s with one value replaced are answered, as POST, PUT and PATCH', (type) => {
    const body = valid[type] ?? {};
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 7 }), anyValue, (path, value) => {
        for (const { make, writer, store } of fixtures) {
          const damaged = damage(body, path, value);
          const count = (): number => [...store.all()].length;
          expectAnswer(() => make(type, damaged), count);
          const object = store.list(type).findLast((entry) => !entry.system);
          if (!object) continue;
          expectAnswer(() => writer.replace(object, structuredClone(damaged), 'admin'), count);
          expectAnswer(() => {
            const patch = parsePatch({
              add: structuredClone(damaged),
              delete: { [Object.keys(damaged)[1] ?? 'x']: value },
            });
            writer.replace(object, applyPatch(structuredClone(object.body), patch), 'admin');
          }, count);
        }
      }),
      { seed: 6, numRuns: 150 },
    );
  });
});
