/** A child as AKO claims paths, which becomes one of ours: its requests are never given up in between. */
import { describe, expect, it } from '@jest/globals';
import { planObjects } from '../../../src/plan/plan-gateway.ts';
import type { JsonObject } from '../../../src/translate/desired.ts';
import { identity, inventory, object, ref, returned, schema } from '../fixtures.ts';

function matches(...paths: readonly (readonly [string, string])[]): readonly JsonObject[] {
  const rules = paths.map(([criteria, value], place) => ({
    name: `rule-${place}`,
    matches: {
      path: { match_case: 'SENSITIVE', match_criteria: criteria, match_str: [value] },
      vs_port: { match_criteria: 'IS_IN', ports: [80] },
    },
  }));
  return [{ host: 'a.example', rules }];
}

const child = (paths: readonly (readonly [string, string])[]) =>
  object('virtualservice', 'child', {
    type: 'VS_TYPE_VH_CHILD',
    vh_parent_vs_ref: ref('virtualservice', 'parent'),
    vh_matches: matches(...paths),
    pool_group_ref: ref('poolgroup', 'child'),
  });
const group = (ratio: number) => object('poolgroup', 'child', { members: [{ pool_ref: ref('pool', 'p'), ratio }] });

describe('a claim that is cut at path elements, while the answer changes too', () => {
  const claimsOf = (body: JsonObject) => JSON.stringify(body.vh_matches);

  it('is held until the child has the narrower ones', () => {
    const before = [child([['BEGINS_WITH', '/v2']]), group(1)];
    const after = [
      child([
        ['EQUALS', '/v2'],
        ['BEGINS_WITH', '/v2/'],
      ]),
      group(2),
    ];
    const context = { inventory: inventory(before.map(returned)), identity, schema };
    const { operations } = planObjects(after, context);
    expect(operations.map(({ stage }) => stage)).toEqual([undefined, undefined]);
  });

  it('is held in the write in between, where another claim is given up', () => {
    const before = [
      child([
        ['BEGINS_WITH', '/v2'],
        ['EQUALS', '/old'],
      ]),
      group(1),
    ];
    const after = [
      child([
        ['EQUALS', '/v2'],
        ['BEGINS_WITH', '/v2/'],
      ]),
      group(2),
    ];
    const context = { inventory: inventory(before.map(returned)), identity, schema };
    const release = planObjects(after, context).operations.find(({ stage }) => stage === 'release');
    expect(release).toBeDefined();
    const claims = claimsOf((release as { readonly body: JsonObject }).body);
    expect(claims).toContain('"/v2"');
    expect(claims).not.toContain('/old');
  });
});
