import { describe, expect, it } from '@jest/globals';
import { defaultGuardLimits } from '../../../src/plan/guard.ts';
import { planGateway } from '../../../src/plan/plan-gateway.ts';
import { objectId, type AviObject, type JsonObject } from '../../../src/translate/desired.ts';
import { desired, identity, inventory, object, ref, returned, schema } from '../fixtures.ts';

const pool = (name: string, more: JsonObject = {}): AviObject =>
  object('pool', name, {
    servers: [{ ip: { addr: '10.0.0.1', type: 'V4' }, port: 80 }],
    health_monitor_refs: [ref('healthmonitor', 'System-TCP')],
    ...more,
  });
const group = (name: string): AviObject =>
  object('poolgroup', name, { members: [{ pool_ref: ref('pool', name), ratio: 1 }] });
const rule = (port: number, name: string): JsonObject => ({
  name: `tcp-${port}`,
  match: { port: { match_criteria: 'IS_IN', ports: [port] } },
  action: { select_pool: { action_type: 'L4_RULE_ACTION_SELECT_POOLGROUP', pool_group_ref: ref('poolgroup', name) } },
});
const policy = (...rules: readonly JsonObject[]): AviObject =>
  object('l4policyset', 'L4', {
    l4_connection_policy: { rules: rules.map((one, place) => ({ ...one, index: place + 1 })) },
  });
const script = (text: string, ...groups: readonly string[]): AviObject =>
  object('vsdatascriptset', 'TLS', {
    datascript: [{ evt: 'VS_DATASCRIPT_EVT_L4_REQUEST', script: text }],
    ...(groups.length > 0 && { pool_group_refs: groups.map((name) => ref('poolgroup', name)) }),
  });

function planned(before: readonly AviObject[], after: readonly AviObject[]) {
  const deletions = { explained: () => true, limits: defaultGuardLimits, confirmed: false };
  const result = planGateway(desired(after), new Set<string>(), deletions, {
    inventory: inventory(before.map(returned)),
    identity,
    schema,
  });
  return result.operations;
}

const [old, fresh] = [
  [pool('old'), group('old')],
  [pool('new'), group('new')],
];

describe('pool groups that take over connections', () => {
  it('are in use by a rule that is not reached, before their rule is written', () => {
    const operations = planned([...old, policy(rule(9000, 'old'))], [...fresh, policy(rule(9000, 'new'))]);
    const id = objectId(policy());
    const warm = operations.find((operation) => operation.id === `${id}#warm`);
    expect(warm).toMatchObject({
      warms: [objectId(pool('new'))],
      dependsOn: [objectId(group('new'))],
      body: {
        l4_connection_policy: {
          rules: [
            { name: 'tcp-9000', index: 1, action: { select_pool: { pool_group_ref: expect.stringContaining('old') } } },
            {
              name: 'warm-up-0',
              index: 2,
              action: { select_pool: { pool_group_ref: expect.stringContaining('new') } },
            },
          ],
        },
      },
    });
    expect(operations.find((operation) => operation.id === id)?.afterEffectOf).toEqual([`${id}#warm`]);
    const drop = operations.find((operation) => operation.id === objectId(group('old')));
    expect(drop).toMatchObject({ verb: 'delete', afterEffectOf: [id] });
  });

  it('are referred to by the script set, before its script names them', () => {
    const operations = planned([...old, script('one', 'old')], [...old, ...fresh, script('two', 'new', 'old')]);
    const id = objectId(script(''));
    const warm = operations.find((operation) => operation.id === `${id}#warm`);
    expect(warm).toMatchObject({ warms: [objectId(pool('new'))], body: { datascript: [{ script: 'one' }] } });
    const refs = (warm && 'body' in warm ? warm.body.pool_group_refs : []) as readonly string[];
    expect(refs.map((one) => /old|new/.exec(one)?.[0])).toEqual(['old', 'new']);
    expect(operations.find((operation) => operation.id === id)).toMatchObject({
      afterEffectOf: [`${id}#warm`],
      body: { datascript: [{ script: 'two' }] },
    });
  });

  it.each<[string, readonly AviObject[], readonly AviObject[]]>([
    ['is in use', [...old, ...fresh, script('a', 'old', 'new')], [...old, ...fresh, script('b', 'new', 'old')]],
    ['takes over from nothing', [...old, policy()], [...old, policy(rule(9000, 'old'))]],
    [
      'has no monitors',
      [...old, policy(rule(9000, 'old'))],
      [pool('new', { health_monitor_refs: [] }), group('new'), policy(rule(9000, 'new'))],
    ],
    [
      'has a port of its own',
      [...old, policy(rule(9000, 'old'))],
      [...old, ...fresh, policy(rule(9000, 'old'), rule(9001, 'new'))],
    ],
    ['is not new', [...old, policy(rule(9000, 'old'))], [...old, policy(rule(9000, 'old'), rule(9001, 'old'))]],
  ])('need no such write where the group %s', (_, before, after) => {
    expect(planned(before, after).filter(({ stage }) => stage !== undefined)).toEqual([]);
  });
});
