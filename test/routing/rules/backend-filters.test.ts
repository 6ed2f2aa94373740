import { describe, expect, it } from '@jest/globals';
import { messageOf, rule, type Rule } from '../world.ts';
import { droppedBy, filters, kept, mirror, rewrite, routeRules, setHeader, type Filter } from './routed-rules.ts';

describe('filters of backends', () => {
  const backend = (given: readonly Filter[], weight?: number) => ({
    name: 'app',
    port: 8080,
    filters: given,
    ...(weight === undefined ? {} : { weight }),
  });

  it('of a single backend are the rule’s', () => {
    const result = kept({ backendRefs: [backend([setHeader('A', '1'), rewrite({ hostname: 'b.x' })])] });
    expect(result).toMatchObject({
      requestHeaders: { set: [{ name: 'A', value: '1' }] },
      rewrite: { hostname: 'b.x' },
    });
  });

  it('join those of the rule', () => {
    const result = kept({
      ...filters(setHeader('A', '1'), rewrite({ path: { type: 'ReplaceFullPath', replaceFullPath: '/' } })),
      backendRefs: [backend([setHeader('B', '2'), rewrite({ hostname: 'b.x' })])],
    });
    expect(result.requestHeaders?.set).toEqual([
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ]);
    expect(result.rewrite).toEqual({ hostname: 'b.x', path: { type: 'ReplaceFullPath', value: '/' } });
  });

  it('may be the same for all backends, and those without traffic do not count', () => {
    const given = [setHeader('A', '1')];
    expect(kept({ backendRefs: [backend(given), backend(given), backend([], 0)] }).requestHeaders?.set).toHaveLength(1);
  });

  it.each<[string, Partial<Rule>, string]>([
    [
      'differ for one Service',
      { backendRefs: [backend([setHeader('A', '1')]), backend([])] },
      'backendRefs[1].filters',
    ],
    [
      'rewrite for one backend only',
      { backendRefs: [{ ...backend([]), port: 8081 }, backend([rewrite({ hostname: 'b.x' })])] },
      'backendRefs[1].filters',
    ],
    [
      'change a header of the rule',
      { ...filters(setHeader('A', '1')), backendRefs: [backend([setHeader('a', '2')])] },
      'backendRefs[0].filters',
    ],
    [
      'rewrite what the rule rewrites',
      { ...filters(rewrite({ hostname: 'a.x' })), backendRefs: [backend([rewrite({ hostname: 'b.x' })])] },
      'backendRefs[0].filters',
    ],
    [
      'redirect',
      { backendRefs: [backend([{ type: 'RequestRedirect', requestRedirect: {} }])] },
      'backendRefs[0].filters',
    ],
    ['allow origins', { backendRefs: [backend([{ type: 'CORS', cors: {} }])] }, 'backendRefs[0].filters'],
    [
      'hold a line end',
      { backendRefs: [backend([setHeader('A', 'x\ny')])] },
      'backendRefs[0].filters[0].requestHeaderModifier.set[0].value',
    ],
  ])('that %s drop the rule', (_, part, field) => {
    const { parent } = routeRules([rule(part), rule()]);
    expect(messageOf(parent.conditions, 'PartiallyInvalid')).toContain(`Dropped Rule 0: spec.rules[0].${field}: `);
  });
});

describe('filters of one backend', () => {
  const header = (value: string): Filter => setHeader('Backend', value);
  const ref = (name: string, filters: readonly Filter[], weight = 1) => ({
    name,
    port: 8080,
    weight,
    filters: [...filters],
  });
  const modifier = (value: string) => ({ set: [{ name: 'Backend', value }], add: [], remove: [] });

  it('change the headers of requests that go there', () => {
    const given = { backendRefs: [ref('app', [header('1')]), ref('shadow', [header('2')])] };
    const { requestHeaders, backends } = kept(given);
    expect(requestHeaders).toBeUndefined();
    expect(backends.map((backend) => backend.requestHeaders)).toEqual([modifier('1'), modifier('2')]);
  });

  it('come after those of the rule', () => {
    const given = { filters: [header('0')], backendRefs: [ref('app', []), ref('shadow', [header('2')])] };
    const { requestHeaders, backends } = kept(given);
    expect(requestHeaders).toEqual(modifier('0'));
    expect(backends.map((backend) => backend.requestHeaders)).toEqual([undefined, modifier('2')]);
  });

  it('do not count without traffic', () => {
    const given = { backendRefs: [ref('app', [header('1')]), ref('shadow', [header('2')], 0)] };
    const { requestHeaders, backends } = kept(given);
    expect(requestHeaders).toEqual(modifier('1'));
    expect(backends.map((backend) => backend.requestHeaders)).toEqual([undefined, undefined]);
  });

  it.each<[string, Filter]>([
    ['a rewrite', { type: 'URLRewrite', urlRewrite: { hostname: 'b.x' } }],
    ['a mirror', mirror()],
    ['response headers', { type: 'ResponseHeaderModifier', responseHeaderModifier: { remove: ['A'] } }],
  ])('that are %s drop the rule', (_, filter) => {
    const given = { backendRefs: [ref('app', [header('1')]), ref('shadow', [filter])] };
    expect(droppedBy(given)).toContain('Dropped Rule 0: spec.rules[0].backendRefs[1].filters: ');
  });
});
