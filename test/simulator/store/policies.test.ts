import { describe, expect, it } from '@jest/globals';
import { createFixture, refusalOf } from './fixture.ts';

const { make } = createFixture();
make('pool', { name: 'web' });
make('poolgroup', { name: 'group' });

let count = 0;
function policy(...rules: readonly object[]): string {
  count += 1;
  return refusalOf(() => make('httppolicyset', { name: `p${count}`, http_request_policy: { rules: [...rules] } }));
}

const local = { action: 'HTTP_SWITCHING_SELECT_LOCAL', status_code: 'HTTP_LOCAL_RESPONSE_STATUS_CODE_404' };
const redirect = { protocol: 'HTTPS' };

describe('an HTTP policy set', () => {
  it.each([
    ['a local answer', { switching_action: local }],
    ['a status that only the newer field has', { switching_action: { action: local.action, other_status_code: 500 } }],
    ['a redirect alone', { redirect_action: redirect }],
    ['an expression without slash', { match: { path: { match_criteria: 'REGEX_MATCH', match_str: ['^x'] } } }],
  ])('may have %s', (_what, rule) => {
    expect(policy({ name: 'r', index: 1, enable: true, ...rule })).toBe('accepted');
  });

  it.each([
    [
      'a redirect with a switch',
      { redirect_action: redirect, switching_action: local },
      /may not be stacked with switching_action/,
    ],
    [
      'a redirect with header changes',
      { redirect_action: redirect, hdr_action: [{ action: 'HTTP_REMOVE_HDR', hdr: { name: 'a' } }] },
      /stacked with hdr_action/,
    ],
    [
      'a redirect by 308',
      { redirect_action: { ...redirect, status_code: 'HTTP_REDIRECT_STATUS_CODE_308' } },
      /status_code: Not one of/,
    ],
    ['a switch to no pool', { switching_action: { action: 'HTTP_SWITCHING_SELECT_POOL' } }, /needs pool_ref/],
    [
      'a local answer without status',
      { switching_action: { action: local.action } },
      /needs status_code or other_status_code/,
    ],
    [
      'a status out of range',
      { switching_action: { action: local.action, other_status_code: 199 } },
      /other_status_code/,
    ],
    [
      'a prefix without slash',
      { match: { path: { match_criteria: 'BEGINS_WITH', match_str: ['x'] } } },
      /must start with '\/'/,
    ],
  ])('may not have %s', (_what, rule, expected) => {
    const refusal = policy({ name: 'r', index: 1, enable: true, ...rule });
    expect(refusal).toMatch(/^400/);
    expect(refusal).toMatch(expected);
  });

  it('has each index once, and rules with index, name and enable', () => {
    const rule = { name: 'r', index: 1, enable: true, switching_action: local };
    expect(policy(rule, { ...rule, name: 's' })).toMatch(/^400 .*rule index 1 is given twice/);
    expect(policy({ name: 'r', enable: true })).toMatch(/rules\[0\]\.index: This field is required/);
  });
});

describe('a DataScript set', () => {
  function script(text: string, references: object = {}): string {
    count += 1;
    const datascript = [{ evt: 'VS_DATASCRIPT_EVT_HTTP_REQ', script: text }];
    return refusalOf(() => make('vsdatascriptset', { name: `d${count}`, datascript, ...references }));
  }

  it('lists every pool and pool group that its script names', () => {
    const pool_refs = ['/api/pool?name=web'];
    const pool_group_refs = ['/api/poolgroup?name=group'];
    expect(script('avi.pool.select("web")', { pool_refs })).toBe('accepted');
    expect(script("avi.poolgroup.select( 'group' , 'a')", { pool_group_refs })).toBe('accepted');
    expect(script('avi.pool.select("web")')).toBe(
      '400 {"error":"DataScript refers to Pool \'web\' that is not in pool_refs"}',
    );
    expect(script('avi.poolgroup.select("group")', { pool_refs })).toMatch(
      /^400 .*PoolGroup 'group' that is not in pool_group_refs/,
    );
    expect(script('if x then avi.pool.select("web") else avi.pool.select("other") end', { pool_refs })).toMatch(
      /'other'/,
    );
  });

  it('may name what it computes, and other things', () => {
    expect(script('avi.poolgroup.select("prefix" .. name)')).toBe('accepted');
    expect(script('avi.poolgroup.select(name)')).toBe('accepted');
    expect(script('avi.http.response(404, {}, "web")')).toBe('accepted');
  });

  it('has a known event', () => {
    expect(refusalOf(() => make('vsdatascriptset', { name: 'e', datascript: [{ evt: 'X', script: '' }] }))).toMatch(
      /datascript\[0\]\.evt: Not one of/,
    );
  });
});
