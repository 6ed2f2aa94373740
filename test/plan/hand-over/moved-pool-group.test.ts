/** Pool groups that get other members while what uses them changes too. */
import { describe, expect, it } from '@jest/globals';
import { defaultGuardLimits } from '../../../src/plan/guard.ts';
import type { Inventory } from '../../../src/plan/inventory/inventory.ts';
import type { Operation, Plan } from '../../../src/plan/operation.ts';
import { planGateway } from '../../../src/plan/plan-gateway.ts';
import { objectId, type AviObject, type JsonObject } from '../../../src/translate/desired.ts';
import { applied, desired, identity, inventory, object, ref, returned, schema } from '../fixtures.ts';

function matches(host: string, path: string, ports: readonly number[]): readonly JsonObject[] {
  const target = {
    path: { match_case: 'SENSITIVE', match_criteria: path.endsWith('/') ? 'BEGINS_WITH' : 'EQUALS', match_str: [path] },
    vs_port: { match_criteria: 'IS_IN', ports: [...ports] },
  };
  return [{ host, rules: [{ name: 'rule-0', matches: target }] }];
}

const child = (name: string, host: string, path: string, ports: readonly number[], more: JsonObject) =>
  object('virtualservice', name, {
    type: 'VS_TYPE_VH_CHILD',
    vh_parent_vs_ref: ref('virtualservice', 'parent'),
    vh_matches: matches(host, path, ports),
    ...more,
  });
const policies = (name: string): JsonObject => ({
  http_policies: [{ index: 11, http_policy_set_ref: ref('httppolicyset', name) }],
});
const policySet = (name: string, ...groups: readonly string[]) =>
  object('httppolicyset', name, {
    http_request_policy: {
      rules: groups.map((group, place) => ({
        name: `rule-${place + 1}`,
        index: place + 1,
        switching_action: { action: 'HTTP_SWITCHING_SELECT_POOLGROUP', pool_group_ref: ref('poolgroup', group) },
      })),
    },
  });
const group = (name: string, pool: string) =>
  object('poolgroup', name, { members: [{ pool_ref: ref('pool', pool), ratio: 1 }] });
const pool = (name: string) =>
  object('pool', name, {
    servers: [{ ip: { addr: '10.0.0.1', type: 'V4' } }],
    health_monitor_refs: [ref('healthmonitor', 'System-HTTP')],
  });
const guard = (ports: readonly number[]) =>
  object('httppolicyset', 'parent', {
    http_request_policy: {
      rules: [
        {
          name: 'rule-1',
          index: 1,
          match: { vs_port: { match_criteria: 'IS_IN', ports: [...ports] } },
          switching_action: {
            action: 'HTTP_SWITCHING_SELECT_LOCAL',
            status_code: 'HTTP_LOCAL_RESPONSE_STATUS_CODE_404',
          },
        },
      ],
    },
  });

function planFrom(existing: Inventory, after: readonly AviObject[]): Plan {
  const deletions = { explained: () => true, limits: defaultGuardLimits, confirmed: false };
  return planGateway(desired(after), new Set(), deletions, { inventory: existing, identity, schema });
}

const plan = (before: readonly AviObject[], after: readonly AviObject[]): Plan =>
  planFrom(inventory(before.map(returned)), after);
const planned = (before: readonly AviObject[], after: readonly AviObject[]): readonly Operation[] =>
  plan(before, after).operations;

/** Ids of all that an operation comes after. */
function predecessors(id: string, operations: readonly Operation[]): ReadonlySet<string> {
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  const seen = new Set<string>();
  const visit = (one: string): void => {
    if (seen.has(one)) return;
    seen.add(one);
    byId.get(one)?.dependsOn.forEach(visit);
  };
  visit(id);
  return seen;
}

describe('a rule that moves and gets other backends, while another takes its place and the parent changes', () => {
  const wild = (ports: readonly number[], answers: JsonObject) => child('wild', '*.wild.example', '/', ports, answers);
  const stays = [
    child('whole', 'a.example', '/', [80], { pool_group_ref: ref('poolgroup', 'whole') }),
    ...['whole', 'wild'].flatMap((name) => [group(name, name), pool(name)]),
  ];
  const before = [
    ...stays,
    guard([80, 8080]),
    wild([80, 8080], { pool_group_ref: ref('poolgroup', 'wild') }),
    child('moved', 'x.wild.example', '/c', [80], { pool_group_ref: ref('poolgroup', 'moved') }),
    group('moved', 'old'),
    pool('old'),
  ];
  const after = [
    ...stays,
    guard([80]),
    wild([80], policies('wild')),
    policySet('wild', 'wild'),
    child('first', 'a.example', '/c', [80], policies('first')),
    policySet('first', 'moved', 'first'),
    group('first', 'first'),
    pool('first'),
    group('moved', 'new'),
    pool('new'),
  ];
  const moved = 'poolgroup admin/moved';

  it('is served from a stand-in first, so that no request meets the other rule', () => {
    const { operations, compromises, interim, unchanged } = plan(before, after);
    expect(compromises).toBeUndefined();
    expect(interim?.map(objectId)).toEqual(['httppolicyset admin/first', 'poolgroup admin/moved-stand-in']);
    expect(predecessors('virtualservice admin/first', operations)).toContain('poolgroup admin/moved-stand-in');
    // The next plan changes it; until then it needs its pool.
    expect(operations.map(({ id }) => id)).not.toContain(moved);
    expect(unchanged).toContain(moved);
    expect(operations.filter(({ verb }) => verb === 'delete').map(({ id }) => id)).toEqual([
      'virtualservice admin/moved',
    ]);
  });

  it('gets its pool group back with the next plan, and nothing is left over', () => {
    const first = plan(before, after);
    const between = applied(inventory(before.map(returned)), first.operations, [...(first.interim ?? []), ...after]);
    const second = planFrom(between, after);
    expect([second.interim, second.compromises]).toEqual([undefined, undefined]);
    const end = applied(between, second.operations, after);
    expect(planFrom(end, after).operations).toEqual([]);
    expect([...end.objects.keys()].sort()).toEqual(after.map(objectId).sort());
  });

  it('has none where a script names the pool group', () => {
    const script = object('vsdatascriptset', 'script', { pool_group_refs: [ref('poolgroup', 'moved')] });
    const { interim, compromises } = plan([...before, script], [...after, script]);
    expect(interim).toBeUndefined();
    expect(compromises).toBeGreaterThan(0);
  });
});

it('changes the members before a list loses the rule in front, also while a port goes', () => {
  const parent = (ports: readonly number[]) =>
    object('virtualservice', 'parent', { type: 'VS_TYPE_VH_PARENT', services: ports.map((port) => ({ port })) });
  const before = [
    parent([80, 8080]),
    child('c', 'a.example', '/c', [80, 8080], policies('c')),
    policySet('c', 'canary', 'c'),
    ...['canary', 'c'].flatMap((name) => [group(name, name), pool(name)]),
  ];
  const after = [
    parent([80]),
    child('c', 'a.example', '/c', [80], { pool_group_ref: ref('poolgroup', 'c') }),
    group('c', 'new'),
    pool('new'),
  ];
  const operations = planned(before, after);
  expect(predecessors('virtualservice admin/c', operations)).toContain('poolgroup admin/c');
});
