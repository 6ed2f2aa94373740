import { describe, expect, it } from '@jest/globals';
import { createValidator } from '../../../src/simulator/store/validator.ts';
import { typeOf } from '../../../src/simulator/store/object-store.ts';
import { createFixture, refusalOf } from './fixture.ts';

const server = { ip: { addr: '10.0.0.1', type: 'V4' }, port: 80 };

describe('a created object', () => {
  const { make } = createFixture();
  const pool = make('pool', { name: 'web', servers: [server], graceful_disable_timeout: 0 });

  it('has a uuid of its type', () => {
    expect(pool.uuid).toMatch(/^pool-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('has the defaults, false and 0 among them, also in nested objects', () => {
    expect(pool.body).toMatchObject({
      lb_algorithm: 'LB_ALGORITHM_LEAST_CONNECTIONS',
      default_server_port: 80,
      enabled: true,
      sni_enabled: true,
      host_check_enabled: false,
      max_concurrent_connections_per_server: 0,
      server_timeout: 0,
      fail_action: { type: 'FAIL_ACTION_CLOSE_CONN' },
      servers: [{ ...server, ratio: 1, enabled: true, verify_network: false }],
    });
  });

  it('keeps what was sent', () => {
    expect(pool.body['graceful_disable_timeout']).toBe(0);
  });

  it('belongs to a tenant and a cloud, and its servers are called by their address', () => {
    expect(pool.body).toMatchObject({
      tenant_ref: '/api/tenant/admin',
      cloud_ref: expect.stringMatching(/^\/api\/cloud\/cloud-/),
      servers: [{ hostname: '10.0.0.1' }],
    });
  });
});

describe('strict validation', () => {
  const { make } = createFixture();
  it.each([
    ['an unknown field', { nonsense: 1 }, '400 {"nonsense":"nonsense: Unknown field."}'],
    [
      'an unknown nested field',
      { servers: [{ ...server, nonsense: 1 }] },
      '400 {"servers":"servers[0].nonsense: Unknown field."}',
    ],
    ['a wrong enum', { lb_algorithm: 'LB' }, /^400 \{"lb_algorithm":"lb_algorithm: Not one of LB_ALGORITHM_/],
    [
      'a number out of its range',
      { servers: [{ ...server, ratio: 21 }] },
      /^400 .*servers\[0\]\.ratio: Field check failed: must be <= 20/,
    ],
    [
      'a number outside its range and special values',
      { graceful_hm_down_disable_timeout: -2 },
      /^400 .*graceful_hm_down_disable_timeout/,
    ],
    ['a missing field', { servers: [{ port: 80 }] }, '400 {"servers":"servers[0].ip: This field is required."}'],
    ['a wrong type', { servers: 'none' }, /^400 .*servers: Field check failed: must be array/],
    [
      'too many items',
      { health_monitor_refs: Array.from({ length: 51 }, () => 'x') },
      /^400 .*must NOT have more than 50 items/,
    ],
    [
      'an address that is none',
      { servers: [{ ip: { addr: '10.0.0.300', type: 'V4' } }] },
      /^400 .*Invalid IP address format '10\.0\.0\.300'/,
    ],
    [
      'a name as an address',
      { servers: [{ ip: { addr: 'a.example.com', type: 'DNS' } }] },
      /^400 .*Invalid IP address format/,
    ],
    ['a server twice', { servers: [server, server] }, /^400 .*10\.0\.0\.1 80 is given twice/],
    ['a name that is too long', { name: 'n'.repeat(256) }, /^400 .*longer than 255/],
  ])('refuses %s', (_what, body, expected) => {
    const refusal = refusalOf(() => make('pool', { name: 'p', ...body }));
    if (typeof expected === 'string') expect(refusal).toBe(expected);
    else expect(refusal).toMatch(expected);
  });

  it('refuses an object without a name', () => {
    expect(refusalOf(() => make('pool', {}))).toBe('400 {"name":"name: This field is required."}');
    expect(refusalOf(() => make('pool', { name: '' }))).toBe('400 {"name":"name: This field is required."}');
  });

  it('accepts special values beside a range', () => {
    const timeouts = [-1, 0, 1, 7200].map((graceful_disable_timeout, index) => {
      return make('pool', { name: `t${index}`, graceful_disable_timeout }).body['graceful_disable_timeout'];
    });
    expect(timeouts).toEqual([-1, 0, 1, 7200]);
  });

  it('accepts what a reply had besides the schema', () => {
    const body = { name: 'again', uuid: 'x', url: 'y', server_count: 2, runtime: {} };
    expect(make('pool', body).body).not.toHaveProperty('server_count');
  });
});

describe('compat validation', () => {
  const { make } = createFixture('compat');

  it('drops unknown fields in silence, at every depth', () => {
    const pool = make('pool', { name: 'p', nonsense: 1, servers: [{ ...server, nonsense: 1 }] });
    expect(JSON.stringify(pool.body)).not.toContain('nonsense');
  });

  it('still refuses wrong values', () => {
    expect(refusalOf(() => make('pool', { name: 'q', lb_algorithm: 'LB' }))).toMatch(/^400/);
  });
});

describe('names', () => {
  it('are unique per type, tenant and cloud', () => {
    const { make } = createFixture();
    make('tenant', { name: 'blue' });
    make('cloud', { name: 'second', vtype: 'CLOUD_NONE' });
    make('pool', { name: 'web' });
    expect(refusalOf(() => make('pool', { name: 'web' }))).toBe('409 {"error":"Pool with name web already exists"}');
    make('pool', { name: 'web' }, 'blue');
    make('pool', { name: 'web', cloud_ref: '/api/cloud?name=second' });
    make('poolgroup', { name: 'web' });
    make('httppolicyset', { name: 'web' });
    expect(refusalOf(() => make('httppolicyset', { name: 'web' }))).toMatch(/^409/);
  });

  it('are not changed to a taken one', () => {
    const { make, replace } = createFixture();
    make('pool', { name: 'a' });
    make('pool', { name: 'b' });
    expect(refusalOf(() => replace('pool', 'b', { name: 'a' }))).toMatch(/^409/);
    expect(replace('pool', 'b', { name: 'c' }).name).toBe('c');
    expect(make('pool', { name: 'b' }).name).toBe('b');
  });
});

describe('the name of a deleted object', () => {
  it('is free at once, or after a while where that is asked for', () => {
    const free = createFixture();
    free.make('pool', { name: 'p' });
    free.remove('pool', 'p');
    expect(free.make('pool', { name: 'p' }).name).toBe('p');

    const { make, remove, replace, pass } = createFixture('strict', ['10.9.0.0/29'], 5000);
    make('pool', { name: 'p' });
    make('pool', { name: 'other' });
    remove('pool', 'p');
    expect(refusalOf(() => make('pool', { name: 'p' }))).toBe('409 {"error":"Pool with name p already exists"}');
    expect(refusalOf(() => replace('pool', 'other', { name: 'p' }))).toMatch(/^409/);
    expect(make('poolgroup', { name: 'p' }).name).toBe('p');
    pass(5000);
    expect(make('pool', { name: 'p' }).name).toBe('p');
  });
});

describe('replacing', () => {
  it('leaves nothing of the old body but its identity', () => {
    const { make, replace } = createFixture();
    const before = make('pool', { name: 'p', servers: [server], description: 'old' });
    const after = replace('pool', 'p', { name: 'p' });
    expect(after.body).not.toHaveProperty('servers');
    expect(after.body).not.toHaveProperty('description');
    expect(after.uuid).toBe(before.uuid);
    expect(Number(after.lastModified)).toBeGreaterThan(Number(before.lastModified));
  });

  it('is refused for a stale _last_modified only', () => {
    const { make, replace } = createFixture();
    const first = make('pool', { name: 'p' });
    const second = replace('pool', 'p', { name: 'p', _last_modified: first.lastModified });
    expect(refusalOf(() => replace('pool', 'p', { name: 'p', _last_modified: first.lastModified }))).toBe(
      '412 {"error":"Need to reload object data Pool"}',
    );
    expect(replace('pool', 'p', { name: 'p', _last_modified: second.lastModified }).name).toBe('p');
    expect(replace('pool', 'p', { name: 'p' }).name).toBe('p');
  });

  it('changes nothing when it is refused', () => {
    const { make, replace, store } = createFixture();
    const before = make('pool', { name: 'p', servers: [server] });
    expect(refusalOf(() => replace('pool', 'p', { name: 'p', servers: [server, server] }))).toMatch(/^400/);
    expect(store.get('pool', before.uuid)).toBe(before);
  });

  it('does not move an object to another tenant or change a profile type', () => {
    const { make, replace } = createFixture();
    make('tenant', { name: 'blue' });
    make('pool', { name: 'p' });
    expect(refusalOf(() => replace('pool', 'p', { name: 'p', tenant_ref: '/api/tenant?name=blue' }))).toMatch(
      /^400 .*tenant_ref/,
    );
    make('applicationprofile', { name: 'a', type: 'APPLICATION_PROFILE_TYPE_HTTP' });
    expect(
      refusalOf(() => replace('applicationprofile', 'a', { name: 'a', type: 'APPLICATION_PROFILE_TYPE_L4' })),
    ).toMatch(/^400 .*type/);
  });
});

describe('deleting', () => {
  it('is refused while something refers to the object, and names it', () => {
    const { make, remove } = createFixture();
    make('pool', { name: 'web' });
    make('poolgroup', { name: 'one', members: [{ pool_ref: '/api/pool?name=web' }] });
    make('poolgroup', { name: 'two', members: [{ pool_ref: '/api/pool?name=web' }] });
    expect(refusalOf(() => remove('pool', 'web'))).toBe(
      `403 {"error":"Cannot delete, object is referred by: ['PoolGroup one', 'PoolGroup two']"}`,
    );
    remove('poolgroup', 'one');
    remove('poolgroup', 'two');
    remove('pool', 'web');
  });

  it('finds references at any depth', () => {
    const { make, remove } = createFixture();
    make('poolgroup', { name: 'target' });
    const switching_action = {
      action: 'HTTP_SWITCHING_SELECT_POOLGROUP',
      pool_group_ref: '/api/poolgroup?name=target',
    };
    make('httppolicyset', {
      name: 'rules',
      http_request_policy: { rules: [{ name: 'r', index: 1, enable: true, switching_action }] },
    });
    expect(refusalOf(() => remove('poolgroup', 'target'))).toContain("'HTTPPolicySet rules'");
  });

  it('is refused for system objects', () => {
    const { remove } = createFixture();
    expect(refusalOf(() => remove('healthmonitor', 'System-TCP'))).toMatch(/^403/);
  });
});

describe('the seeded objects', () => {
  it('are valid', () => {
    const { store } = createFixture();
    const validate = createValidator(store.catalogue);
    for (const object of store.all()) expect(() => validate(typeOf(store, object), object.body)).not.toThrow();
  });

  it('are those of a controller', () => {
    const { store } = createFixture();
    const names = (type: string): readonly string[] => store.list(type).map((object) => object.name);
    expect(names('applicationprofile')).toEqual(
      expect.arrayContaining(['System-HTTP', 'System-Secure-HTTP', 'System-L4-Application', 'System-SSL-Application']),
    );
    expect(names('networkprofile')).toEqual(
      expect.arrayContaining(['System-TCP-Proxy', 'System-TCP-Fast-Path', 'System-UDP-Fast-Path', 'System-SCTP-Proxy']),
    );
    expect(names('healthmonitor')).toEqual(
      expect.arrayContaining(['System-TCP', 'System-UDP', 'System-SCTP', 'System-HTTP']),
    );
    expect(names('applicationpersistenceprofile')).toHaveLength(4);
    expect(names('sslprofile')).toEqual(['System-Standard', 'System-Standard-PFS']);
    expect([...names('tenant'), ...names('cloud'), ...names('serviceenginegroup')]).toEqual([
      'admin',
      'Default-Cloud',
      'Default-Group',
    ]);
    expect(names('vrfcontext')).toContain('global');
    expect(store.list('cloud')[0]?.body).toMatchObject({
      vtype: 'CLOUD_NONE',
      ipam_provider_ref: expect.stringContaining('/api/ipamdnsproviderprofile/'),
      dns_provider_ref: expect.stringContaining('/api/ipamdnsproviderprofile/'),
    });
  });
});
