import { describe, expect, it } from '@jest/globals';
import { children, gateway, match, ofType, requestRules, route, rule, translated } from './support/routed.ts';

const get = match('/a', { method: 'GET' });
const exact = route({ hostnames: ['h.x'], rules: [rule({ matches: [get] }), rule({ index: 1 })] });
const wildcard = route({ name: 'r2', hostnames: ['*.x'] });
const state = translated(gateway({ routes: [exact, wildcard] }), { trustChildOrder: false });

function policiesOf(child: Record<string, unknown>) {
  return (child.http_policies as { index: number; http_policy_set_ref: string }[]).map(
    ({ index, http_policy_set_ref }) => ({
      index,
      name: http_policy_set_ref.split('name=')[1],
    }),
  );
}

function childOn(host: string) {
  return children(state).filter(({ vh_matches }) => (vh_matches as { host: string }[])[0]!.host === host);
}

describe('one policy set a host', () => {
  it('is shared by all children of the host', () => {
    const onExact = childOn('h.x');
    expect(onExact).toHaveLength(2);
    const [first, second] = onExact.map(policiesOf);
    expect(first).toEqual(second);
    expect(first).toHaveLength(1);
    expect(ofType(state, 'httppolicyset')).toHaveLength(3);
    for (const child of children(state)) expect(child).not.toHaveProperty('pool_group_ref');
  });

  it('of the hosts inside comes first on the child of a wildcard', () => {
    const [onWildcard] = childOn('*.x').map(policiesOf);
    expect(onWildcard!.map(({ index }) => index)).toEqual([11, 12]);
    expect(onWildcard![0]!.name).toBe(policiesOf(childOn('h.x')[0]!)[0]!.name);
  });

  it('limits every rule to the host and ends in 404, unless an earlier rule takes everything', () => {
    const [{ name } = { name: '' }] = policiesOf(childOn('h.x')[0]!);
    const rules = requestRules(state, name);
    for (const entry of rules) expect(entry.match).toHaveProperty('host_hdr');
    expect(rules.at(-1)).toMatchObject({ switching_action: { action: 'HTTP_SWITCHING_SELECT_POOLGROUP' } });
    const conditional = translated(gateway({ routes: [route({ rules: [rule({ matches: [get] })] })] }), {
      trustChildOrder: false,
    });
    const [child] = children(conditional);
    expect(requestRules(conditional, policiesOf(child!)[0]!.name).at(-1)).toMatchObject({
      switching_action: { status_code: 'HTTP_LOCAL_RESPONSE_STATUS_CODE_404' },
    });
  });
});
