import { describe, expect, it } from '@jest/globals';
import { effectOf, untilReplaced, type EffectContext } from '../../src/apply/effect.ts';
import type { Operation } from '../../src/plan/operation.ts';
import { objectId, type AviType } from '../../src/translate/desired.ts';
import { inventory, object, ref, returned } from '../plan/fixtures.ts';

/** A controller whose objects are up from that many questions on; what is asked and slept is in `log`. */
function context(upAfter: number, log: string[], fields: Partial<EffectContext> = {}): EffectContext {
  const asked = new Map<string, number>();
  return {
    client: {
      request: (_method: string, path: string) => {
        log.push(path.replace(/-[0-9a-f-]{36}/, ''));
        const count = (asked.get(path) ?? 0) + 1;
        asked.set(path, count);
        const state = count > upAfter ? 'OPER_UP' : 'OPER_DOWN';
        return Promise.resolve({ status: 200, body: { oper_status: { state } } });
      },
    } as unknown as EffectContext['client'],
    inventory: { current: () => inventory([pool, other].map(returned)) } as unknown as EffectContext['inventory'],
    mayWrite: () => true,
    sleep: (milliseconds) => Promise.resolve(void log.push(`${milliseconds} ms`)),
    graceMs: 1000,
    healthMs: 600,
    ...fields,
  };
}

const pool = object('pool', 'p');
const other = object('pool', 'q');
const service = returned(object('virtualservice', 'c'));

function operation(verb: 'create' | 'update', type: AviType, warms?: readonly string[]): Operation {
  const about = { id: `${type} admin/c`, type, tenant: 'admin', name: 'c', body: {}, dependsOn: [], afterEffectOf: [] };
  const more = { ...about, ...(warms && { warms }) };
  return verb === 'create' ? { ...more, verb } : { ...more, verb, uuid: 'u', changes: [] };
}

describe('effectOf', () => {
  it('asks for a new virtual service until it is up', async () => {
    const log: string[] = [];
    await effectOf(operation('create', 'virtualservice'), { state: 'done', object: service }, 1, context(2, log));
    const question = '/api/virtualservice/virtualservice/runtime/';
    expect(log).toEqual([question, '250 ms', question, '250 ms', question]);
  });

  it('asks no longer than the grace, and not at all where many are new', async () => {
    const log: string[] = [];
    const created = operation('create', 'virtualservice');
    await effectOf(created, { state: 'done', object: service }, 1, context(99, log));
    expect(log.filter((line) => line.endsWith('ms'))).toEqual(['250 ms', '250 ms', '250 ms', '250 ms']);
    log.length = 0;
    await effectOf(created, { state: 'done', object: service }, 21, context(0, log));
    expect(log).toEqual(['1000 ms']);
  });

  it('gives a change the whole grace, and what was not written none', async () => {
    const log: string[] = [];
    await effectOf(operation('update', 'virtualservice'), { state: 'done', object: service }, 0, context(0, log));
    await effectOf(operation('update', 'virtualservice'), { state: 'blocked', by: 'x' }, 0, context(0, log));
    expect(log).toEqual(['1000 ms']);
  });

  it('waits for the pools that come into use, each until it is up, for the health time at most', async () => {
    const log: string[] = [];
    const warms = [objectId(pool), objectId(other)];
    const question = '/api/pool/pool/runtime/';
    await effectOf(operation('update', 'httppolicyset', warms), { state: 'done' }, 0, context(1, log));
    expect(log).toEqual(['1000 ms', question, question, '250 ms', question, question]);
    log.length = 0;
    await effectOf(operation('update', 'httppolicyset', warms), { state: 'done' }, 0, context(99, log));
    expect(log.filter((line) => line.endsWith('ms'))).toEqual(['1000 ms', '250 ms', '250 ms', '100 ms']);
  });

  it('stops asking when the leadership is lost or nobody answers', async () => {
    const log: string[] = [];
    const created = operation('create', 'virtualservice');
    const end = { state: 'done', object: service } as const;
    await effectOf(created, end, 1, context(99, log, { mayWrite: () => false }));
    expect(log).toHaveLength(1);
    const client = { request: () => Promise.reject(new Error('down')) } as unknown as EffectContext['client'];
    await effectOf(created, end, 1, context(0, log, { client, graceMs: 250 }));
    expect(log.at(-1)).toBe('250 ms');
  });
});

describe('untilReplaced', () => {
  const server = (addr: string) => ({ ip: { addr, type: 'V4' }, port: 80 });
  const [next, both] = [{ servers: [server('10.0.0.2')] }, { servers: [server('10.0.0.2'), server('10.0.0.1')] }];

  /** Servers that are up at each question, the last for all that follow. */
  const withServers = (log: string[], ...up: readonly (readonly string[])[]): EffectContext => {
    const states = [...up];
    const request = (_method: string, path: string) => {
      log.push(path.replace(/-[0-9a-f-]{36}/, ''));
      const now = (states.length > 1 ? states.shift() : states[0]) ?? [];
      const body = both.servers.map(({ ip, port }) => ({
        ip_addr: ip,
        port,
        oper_status: { state: now.includes(ip.addr) ? 'OPER_UP' : 'OPER_DOWN' },
      }));
      return Promise.resolve({ status: 200, body });
    };
    return context(0, log, { client: { request } as unknown as EffectContext['client'] });
  };
  const question = '/api/pool/pool/runtime/server/';

  it('keeps the former servers of a pool until a new one is up', async () => {
    const log: string[] = [];
    await untilReplaced(returned(pool), next, both, withServers(log, ['10.0.0.1'], ['10.0.0.1', '10.0.0.2']));
    expect(log).toEqual(['1000 ms', question, '250 ms', question]);
  });

  it('waits for the health time at most, and not for what is down itself', async () => {
    const log: string[] = [];
    await untilReplaced(returned(pool), next, both, withServers(log, ['10.0.0.1']));
    expect(log.filter((line) => line === question)).toHaveLength(3);
    log.length = 0;
    await untilReplaced(returned(pool), next, both, withServers(log, []));
    expect(log).toEqual(['1000 ms', question]);
  });

  it('asks less often after the first second', async () => {
    const log: string[] = [];
    const long = { ...withServers(log, ['10.0.0.1']), healthMs: 5_000 };
    await untilReplaced(returned(pool), next, both, long);
    const pauses = log.filter((line) => line.endsWith('ms')).slice(1);
    expect(pauses).toEqual([
      '250 ms',
      '250 ms',
      '250 ms',
      '250 ms',
      '500 ms',
      ...Array<string>(3).fill('1000 ms'),
      '500 ms',
    ]);
  });

  it('keeps the former members of a pool group until a pool of the new ones is up', async () => {
    const log: string[] = [];
    const group = returned(object('poolgroup', 'g'));
    const members = (...names: readonly string[]) => ({
      members: names.map((name) => ({ pool_ref: ref('pool', name) })),
    });
    const states: Record<string, readonly string[]> = { p: ['OPER_DOWN', 'OPER_UP'], q: ['OPER_UP'] };
    const request = (_method: string, path: string) => {
      const name = path.includes(returned(pool).uuid) ? 'p' : 'q';
      const [state, ...later] = states[name] ?? [];
      if (later.length > 0) states[name] = later;
      log.push(`${name} ${state}`);
      return Promise.resolve({ status: 200, body: { oper_status: { state } } });
    };
    const client = { request } as unknown as EffectContext['client'];
    await untilReplaced(group, members('p'), members('p', 'q'), context(0, log, { client }));
    expect(log).toEqual(['1000 ms', 'p OPER_DOWN', 'q OPER_UP', '250 ms', 'p OPER_UP', 'q OPER_UP']);
  });
});
