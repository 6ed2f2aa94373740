import { describe, expect, it } from '@jest/globals';
import { decide, evaluateResponse } from '../../../src/simulator/dataplane/decide/decide.ts';
import { seededRandom } from '../../../src/simulator/random.ts';
import type { ClientRequest } from '../../../src/simulator/dataplane/http/request.ts';
import {
  anywhere,
  header,
  local,
  parent,
  policies,
  pool,
  requestPolicy,
  responsePolicy,
  securityPolicy,
  toPool,
} from './tools/bodies.ts';
import { programOf, request } from './tools/program.ts';
import { createTestStore, ref } from './tools/store.ts';

type Body = Readonly<Record<string, unknown>>;

/** Decides for a virtual service with these policy sets, in that order, and the default pool `main`. */
function decideWith(
  sets: readonly Body[],
  changes: Partial<ClientRequest> = {},
  more: Body = {},
  limit = false,
): ReturnType<typeof decide> {
  const store = createTestStore();
  store.put('pool', 'main', pool([1]));
  store.put('pool', 'other', pool([2]));
  sets.forEach((set, index) => store.put('httppolicyset', `s${index}`, set));
  store.put(
    'virtualservice',
    'p',
    parent('v', { pool_ref: ref('pool', 'main'), ...policies(...sets.map((_, index) => `s${index}`)), ...more }),
  );
  return decide(programOf(store, 'p'), request(changes), seededRandom(1), {
    isOverLimit: () => limit,
    isEligible: () => true,
  });
}

describe('request policy', () => {
  it('goes to the default target when no rule ends it', () => {
    expect(decideWith([]).action).toMatchObject({ kind: 'forward', target: { name: 'main' } });
    expect(decideWith([], {}, { pool_ref: undefined }).action).toEqual({ kind: 'none' });
  });

  it('ends at the first terminal rule; rules without one add up', () => {
    const set = requestPolicy(
      { hdr_action: [header('ADD', 0, 'X-1', 'a')] },
      { match: { path: anywhere('EQUALS', '/no') }, switching_action: local(403) },
      { hdr_action: [header('ADD', 0, 'X-2', 'b')], switching_action: toPool('other') },
      { hdr_action: [header('ADD', 0, 'X-3', 'c')], switching_action: local(404) },
    );
    const decision = decideWith([set]);
    expect(decision.rules).toEqual(['rule-0', 'rule-2']);
    expect(decision.headers.map((edit) => edit.header)).toEqual(['X-1', 'X-2']);
    expect(decision).toMatchObject({ switched: true, action: { kind: 'forward', target: { name: 'other' } } });
  });

  it('judges later rules by the original request, not by earlier edits', () => {
    const set = requestPolicy(
      { hdr_action: [header('ADD', 0, 'X-Marker', '1')] },
      { match: { hdrs: [{ hdr: 'X-Marker', match_criteria: 'HDR_EXISTS' }] }, switching_action: local(500) },
    );
    expect(decideWith([set]).action.kind).toBe('forward');
  });

  it('orders sets by their index and rules by theirs, and skips disabled rules', () => {
    const shuffled = {
      http_request_policy: {
        rules: [
          { name: 'late', index: 9, enable: true, switching_action: local(200) },
          { name: 'off', index: 1, enable: false, switching_action: local(501) },
          { name: 'early', index: 2, enable: true, switching_action: local(204) },
        ],
      },
    };
    expect(decideWith([shuffled]).rules).toEqual(['early']);
    const store = createTestStore();
    store.put('httppolicyset', 'a', requestPolicy({ switching_action: local(201) }));
    store.put('httppolicyset', 'b', requestPolicy({ switching_action: local(202) }));
    const http_policies = [
      { index: 20, http_policy_set_ref: ref('httppolicyset', 'a') },
      { index: 3, http_policy_set_ref: ref('httppolicyset', 'b') },
    ];
    store.put('virtualservice', 'p', parent('v', { http_policies }));
    expect(decide(programOf(store, 'p'), request(), seededRandom(1)).action).toMatchObject({
      response: { status: 202 },
    });
  });

  it('takes the status from other_status_code before status_code, and the file', () => {
    const set = (action: Body): Body =>
      requestPolicy({ switching_action: { action: 'HTTP_SWITCHING_SELECT_LOCAL', ...action } });
    expect(decideWith([set({ status_code: 'HTTP_LOCAL_RESPONSE_STATUS_CODE_429' })]).action).toEqual({
      kind: 'local',
      response: { status: 429 },
    });
    const file = { content_type: 'text/plain', file_content: 'sorry' };
    expect(
      decideWith([set({ status_code: 'HTTP_LOCAL_RESPONSE_STATUS_CODE_404', other_status_code: 500, file })]).action,
    ).toEqual({
      kind: 'local',
      response: { status: 500, body: 'sorry', contentType: 'text/plain' },
    });
  });

  it('passes a rule over whose pool does not exist', () => {
    const decision = decideWith([requestPolicy({ switching_action: toPool('missing') })]);
    expect(decision.action).toMatchObject({ target: { name: 'main' } });
    expect(decision.virtualService.problems.join()).toContain('does not exist');
  });

  it('chooses the default by port where service_pool_select says so', () => {
    const more = { service_pool_select: [{ service_port: 8080, service_pool_ref: ref('pool', 'other') }] };
    expect(decideWith([], { port: 8080 }, more).action).toMatchObject({ target: { name: 'other' } });
    expect(decideWith([], { port: 80 }, more).action).toMatchObject({ target: { name: 'main' } });
  });

  it('leaves a header alone whose variable has no value', () => {
    const set = requestPolicy({
      hdr_action: [
        header('REPLACE', 0, 'X-Sni', { var: 'HTTP_POLICY_VAR_SSL_SERVER_NAME' }),
        header('REPLACE', 1, 'X-Port', { var: 'HTTP_POLICY_VAR_VS_PORT' }),
      ],
    });
    expect(decideWith([set]).headers).toEqual([{ action: 'replace', header: 'X-Port', value: '80' }]);
    expect(decideWith([set], { sni: 'a.test' }).headers[0]).toMatchObject({ value: 'a.test' });
  });
});

describe('security policy', () => {
  const rule = (action: Body, match?: Body): Body => ({ ...(match && { match }), action });
  const get = { method: { match_criteria: 'IS_IN', methods: ['HTTP_METHOD_GET'] } };

  it.each([
    [{ action: 'HTTP_SECURITY_ACTION_CLOSE_CONN' }, { kind: 'close' }],
    [
      { action: 'HTTP_SECURITY_ACTION_SEND_RESPONSE', status_code: 'HTTP_LOCAL_RESPONSE_STATUS_CODE_429' },
      { kind: 'local', response: { status: 429 } },
    ],
    [
      { action: 'HTTP_SECURITY_ACTION_REDIRECT_TO_HTTPS', https_port: 8443 },
      { kind: 'redirect', redirect: { status: 302, location: 'https://app.test:8443/' } },
    ],
  ])('%j', (action, expected) => {
    expect(decideWith([requestPolicy({ switching_action: local(200) }), securityPolicy(rule(action))]).action).toEqual(
      expected,
    );
  });

  it('stops at the first match, also at ALLOW, and goes on with the request policy', () => {
    const set = securityPolicy(
      rule({ action: 'HTTP_SECURITY_ACTION_ALLOW' }, get),
      rule({ action: 'HTTP_SECURITY_ACTION_CLOSE_CONN' }),
    );
    expect(decideWith([set]).action.kind).toBe('forward');
    expect(decideWith([set], { method: 'PUT' }).action.kind).toBe('close');
  });

  it('limits only when the limit is reached', () => {
    const limit = { rate_limiter: { count: 1, period: 60 }, action: { type: 'RL_ACTION_LOCAL_RSP' } };
    const set = securityPolicy(rule({ action: 'HTTP_SECURITY_ACTION_RATE_LIMIT', rate_profile: limit }));
    expect(decideWith([set]).action.kind).toBe('forward');
    expect(decideWith([set], {}, {}, true).action).toEqual({ kind: 'local', response: { status: 429 } });
  });
});

describe('response policy', () => {
  it('applies all matching rules and rewrites Location', () => {
    const store = createTestStore();
    const set = responsePolicy(
      { hdr_action: [header('ADD', 0, 'X-1', 'a')] },
      { match: { status: { match_criteria: 'IS_IN', status_codes: [302] } }, loc_hdr_action: { protocol: 'HTTPS' } },
    );
    store.put('httppolicyset', 's', set);
    store.put('virtualservice', 'p', parent('v', policies('s')));
    const { parent: virtualService } = programOf(store, 'p');
    const result = evaluateResponse(virtualService, request(), {
      status: 302,
      headers: { location: ['http://a.test/x'] },
    });
    expect(result).toEqual({
      rules: ['response-0', 'response-1'],
      headers: [
        { action: 'add', header: 'X-1', value: 'a' },
        { action: 'replace', header: 'Location', value: 'https://a.test/x' },
      ],
    });
  });
});
