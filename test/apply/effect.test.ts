import { describe, expect, it } from '@jest/globals';
import { effectOf, type EffectContext } from '../../src/apply/effect.ts';
import type { Operation } from '../../src/plan/operation.ts';
import { objectId, type AviType } from '../../src/translate/desired.ts';
import { inventory, object, returned } from '../plan/fixtures.ts';

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
