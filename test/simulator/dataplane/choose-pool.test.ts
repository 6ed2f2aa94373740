import { describe, expect, it } from '@jest/globals';
import { chooseServer, newBalance } from '../../../src/simulator/dataplane/pools/balance.ts';
import { choosePool } from '../../../src/simulator/dataplane/pools/choose-pool.ts';
import type { PoolProgram } from '../../../src/simulator/dataplane/program/program.ts';
import { seededRandom } from '../../../src/simulator/random.ts';
import { pool } from './tools/bodies.ts';
import { compileNamed, request } from './tools/program.ts';
import { createTestStore, ref } from './tools/store.ts';

interface Member {
  readonly pool: string;
  readonly ratio?: number;
  readonly priority_label?: string;
}

/** Names of the pools chosen in `turns` choices; what is not a pool counts under its fail action. */
function choose(
  members: readonly Member[],
  down: readonly string[] = [],
  turns = 1000,
  failAction?: object,
): Readonly<Record<string, number>> {
  const store = createTestStore();
  for (const name of ['a', 'b', 'c']) store.put('pool', name, pool([1]));
  const group = store.put('poolgroup', 'g', {
    members: members.map(({ pool: name, ...rest }) => ({ pool_ref: ref('pool', name), ...rest })),
    fail_action: failAction,
  });
  store.put('virtualservice', 'vs', { pool_group_ref: group });
  const virtualService = compileNamed(store, 'vs');
  const random = seededRandom(5);
  const counts: Record<string, number> = {};
  for (let turn = 0; turn < turns; turn++) {
    const choice = choosePool(
      virtualService,
      virtualService.defaultTarget!,
      (candidate) => !down.includes(candidate.name),
      random,
    );
    const name = choice.kind === 'pool' ? choice.pool.name : choice.action.kind;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

describe('pool groups', () => {
  it('share by ratio, and ratio 0 gets nothing', () => {
    const counts = choose(
      [
        { pool: 'a', ratio: 90 },
        { pool: 'b', ratio: 10 },
        { pool: 'c', ratio: 0 },
      ],
      [],
      10_000,
    );
    expect(counts).not.toHaveProperty('c');
    expect(counts['b']).toBeGreaterThan(900);
    expect(counts['b']).toBeLessThan(1100);
  });

  it('give the share of a pool that is down to the others', () => {
    expect(
      choose(
        [
          { pool: 'a', ratio: 9 },
          { pool: 'b', ratio: 1 },
        ],
        ['a'],
      ),
    ).toEqual({ b: 1000 });
  });

  it('use the highest priority that has a pool up', () => {
    const members = [
      { pool: 'a', priority_label: '10' },
      { pool: 'b', priority_label: '9' },
      { pool: 'c', priority_label: '9' },
    ];
    expect(choose(members)).toEqual({ a: 1000 });
    expect(Object.keys(choose(members, ['a'])).sort()).toEqual(['b', 'c']);
  });

  it('fail as the group says, else as the first pool says, and close when nothing says anything', () => {
    expect(choose([{ pool: 'a' }], ['a'], 1)).toEqual({ local: 1 });
    expect(choose([{ pool: 'a' }], ['a'], 1, { type: 'FAIL_ACTION_CLOSE_CONN' })).toEqual({ close: 1 });
    expect(choose([{ pool: 'a', ratio: 0 }], [], 1)).toEqual({ close: 1 });
  });

  it('use the backup pool of a fail action', () => {
    const backup = { type: 'FAIL_ACTION_BACKUP_POOL', backup_pool: { backup_pool_ref: ref('pool', 'c') } };
    expect(choose([{ pool: 'a' }], ['a'], 1, backup)).toEqual({ c: 1 });
    expect(choose([{ pool: 'a' }], ['a', 'c'], 1, backup)).toEqual({ close: 1 });
  });
});

describe('servers of a pool', () => {
  const made = (more: Readonly<Record<string, unknown>>): PoolProgram => {
    const store = createTestStore();
    store.put('pool', 'a', pool([1, 2, 3], more));
    store.put('virtualservice', 'vs', { pool_ref: ref('pool', 'a') });
    return [...compileNamed(store, 'vs').pools.values()][0]!;
  };
  const state = newBalance;
  const random = seededRandom(1);

  it('take turns under round robin, by ratio', () => {
    const program = made({ lb_algorithm: 'LB_ALGORITHM_ROUND_ROBIN' });
    const servers = program.servers.map((server, index) => ({ ...server, ratio: index === 0 ? 2 : 1 }));
    const balance = state();
    const ports = Array.from({ length: 8 }, () => chooseServer(program, servers, balance, request(), random)?.port);
    expect(ports.filter((port) => port === 1)).toHaveLength(4);
    expect(ports.filter((port) => port === 3)).toHaveLength(2);
  });

  it('least connections takes the idle one', () => {
    const program = made({});
    const balance = state();
    balance.open.set('127.0.0.1|1', 2).set('127.0.0.1|2', 1);
    expect(chooseServer(program, program.servers, balance, request(), random)?.port).toBe(3);
  });

  it('a consistent hash keeps a client, and moves only those of a server that goes', () => {
    const program = made({ lb_algorithm: 'LB_ALGORITHM_CONSISTENT_HASH' });
    const clients = Array.from({ length: 200 }, (_, index) => `10.0.0.${index}`);
    const place = (servers: PoolProgram['servers']): (number | undefined)[] =>
      clients.map((clientIp) => chooseServer(program, servers, state(), request({ clientIp }), random)?.port);
    const all = place(program.servers);
    expect(place(program.servers)).toEqual(all);
    expect(new Set(all).size).toBe(3);
    const left = place(program.servers.slice(0, 2));
    expect(all.every((port, index) => port === 3 || port === left[index])).toBe(true);
  });

  it('choose nothing from nothing', () => {
    expect(chooseServer(made({}), [], state(), request(), random)).toBeUndefined();
  });
});
