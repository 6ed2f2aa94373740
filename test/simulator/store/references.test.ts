import { describe, expect, it } from '@jest/globals';
import { parseReference } from '../../../src/simulator/store/references.ts';
import { createFixture, refusalOf } from './fixture.ts';

describe('references', () => {
  it.each([
    ['https://h:9443/api/pool/pool-1#web', { type: 'pool', uuid: 'pool-1' }],
    ['https://h/api/pool/pool-1', { type: 'pool', uuid: 'pool-1' }],
    ['/api/pool/pool-1', { type: 'pool', uuid: 'pool-1' }],
    ['/api/pool/?name=web', { type: 'pool', name: 'web' }],
    ['/api/pool?name=web', { type: 'pool', name: 'web' }],
    ['https://h/api/pool/?name=a%2Fb%20c', { type: 'pool', name: 'a/b c' }],
    ['/api/pool?name=web&cloud=C&tenant=t', { type: 'pool', name: 'web', cloud: 'C', tenant: 't' }],
    ['/api/pool?name=50%', { type: 'pool', name: '50%' }],
    ['pool-1', { uuid: 'pool-1' }],
    ['/api/tenant/admin#admin', { type: 'tenant', uuid: 'admin' }],
    ['/somewhere/else', {}],
  ])('%s is understood', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });

  it('are stored in one spelling, whatever was sent', () => {
    const { make } = createFixture();
    const pool = make('pool', { name: 'web' });
    const spellings = [
      `https://elsewhere:1/api/pool/${pool.uuid}#web`,
      `/api/pool/${pool.uuid}`,
      '/api/pool/?name=web',
      '/api/pool?name=web&cloud=Default-Cloud',
      pool.uuid,
    ];
    const stored = spellings.map((pool_ref, index) =>
      make('poolgroup', { name: `g${index}`, members: [{ pool_ref }] }),
    );
    expect(new Set(stored.map((group) => JSON.stringify(group.body['members']))).size).toBe(1);
    expect(stored[0]?.body['members']).toMatchObject([{ pool_ref: `/api/pool/${pool.uuid}` }]);
  });

  it('to nothing are refused in the words of the controller', () => {
    const { make } = createFixture();
    const group = (pool_ref: unknown): string =>
      refusalOf(() => make('poolgroup', { name: 'g', members: [{ pool_ref }] }));
    expect(group('/api/pool/?name=nobody')).toBe('404 {"error":"Pool object not found!"}');
    expect(group('/api/pool?name=System-TCP')).toBe('404 {"error":"Pool object not found!"}');
    expect(group('/api/pool')).toBe('404 {"error":"Pool object not found!"}');
    expect(group('/api/virtualservice/?name=x')).toMatch(/^400 .*not a reference to Pool/);
    expect(refusalOf(() => make('vsvip', { name: 'v', vrf_context_ref: '/api/vrfcontext?name=none' }))).toBe(
      '400 {"error":"VrfContext object not found"}',
    );
  });

  it('that are empty count as absent', () => {
    const { make } = createFixture();
    const pool = make('pool', { name: 'web', ssl_profile_ref: '', health_monitor_refs: [''] });
    expect(pool.body).not.toHaveProperty('ssl_profile_ref');
    expect(pool.body['health_monitor_refs']).toEqual([]);
  });

  it('by name look into the own tenant first, then into admin, and nowhere else', () => {
    const { make } = createFixture();
    for (const name of ['blue', 'green']) make('tenant', { name });
    const shared = make('pool', { name: 'shared' });
    const own = make('pool', { name: 'shared' }, 'blue');
    make('pool', { name: 'hidden' }, 'green');
    const members = (tenant: string, name: string): unknown =>
      make('poolgroup', { name: `${tenant}-${name}`, members: [{ pool_ref: `/api/pool?name=${name}` }] }, tenant).body[
        'members'
      ];
    expect(members('blue', 'shared')).toMatchObject([{ pool_ref: `/api/pool/${own.uuid}` }]);
    expect(members('green', 'shared')).toMatchObject([{ pool_ref: `/api/pool/${shared.uuid}` }]);
    expect(refusalOf(() => members('blue', 'hidden'))).toBe('404 {"error":"Pool object not found!"}');
    expect(members('*', 'hidden')).toHaveLength(1);
  });
});
