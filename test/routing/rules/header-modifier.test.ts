import { describe, expect, it } from '@jest/globals';
import { malformed, messageOf, rule } from '../world.ts';
import { filters, kept, routeRules, type Filter } from './routed-rules.ts';

describe('header modifiers', () => {
  it('come with all their parts', () => {
    const requestHeaderModifier = { set: [{ name: 'A', value: '1' }], add: [{ name: 'B', value: '2' }], remove: ['C'] };
    const responseHeaderModifier = { add: [{ name: 'A', value: 'x y' }] };
    const result = kept(
      filters(
        { type: 'RequestHeaderModifier', requestHeaderModifier },
        { type: 'ResponseHeaderModifier', responseHeaderModifier },
      ),
    );
    expect(result.requestHeaders).toEqual(requestHeaderModifier);
    expect(result.responseHeaders).toEqual({ set: [], add: [{ name: 'A', value: 'x y' }], remove: [] });
  });

  it('take the first of equal names', () => {
    const requestHeaderModifier = {
      set: [
        { name: 'X-A', value: '1' },
        { name: 'x-a', value: '2' },
      ],
      remove: ['B', 'b'],
    };
    expect(kept(filters({ type: 'RequestHeaderModifier', requestHeaderModifier })).requestHeaders).toEqual({
      set: [{ name: 'X-A', value: '1' }],
      add: [],
      remove: ['B'],
    });
  });

  it.each<[string, Filter['requestHeaderModifier'], string]>([
    ['a line end in a value', { set: [{ name: 'A', value: 'x\r\nEvil: 1' }] }, 'requestHeaderModifier.set[0].value'],
    ['NUL in a value', { add: [{ name: 'A', value: 'x\u0000' }] }, 'requestHeaderModifier.add[0].value'],
    ['a line end in a name', { set: [{ name: 'A\nB', value: 'x' }] }, 'requestHeaderModifier.set[0].name'],
    ['a colon in a name', { set: [{ name: ':path', value: 'x' }] }, 'requestHeaderModifier.set[0].name'],
    ['an empty name', { remove: [''] }, 'requestHeaderModifier.remove[0]'],
    ['a long name', { remove: ['a'.repeat(300)] }, 'requestHeaderModifier.remove[0]'],
    ['a long value', { set: [{ name: 'A', value: 'x'.repeat(5000) }] }, 'requestHeaderModifier.set[0].value'],
    ['a number as value', { set: [{ name: 'A', value: malformed(1) }] }, 'requestHeaderModifier.set[0].value'],
    ['two actions for one header', { set: [{ name: 'A', value: 'x' }], remove: ['a'] }, 'requestHeaderModifier'],
    [
      'the length of the message',
      { set: [{ name: 'content-length', value: '5' }] },
      'requestHeaderModifier.set[0].name: frames the message',
    ],
    [
      'the framing of the message',
      { remove: ['Transfer-Encoding'] },
      'requestHeaderModifier.remove[0]: frames the message',
    ],
    ['nothing', undefined, 'requestHeaderModifier'],
  ])('%s drops the rule', (_, requestHeaderModifier, field) => {
    const { parent } = routeRules([
      rule(filters({ type: 'RequestHeaderModifier', ...(requestHeaderModifier && { requestHeaderModifier }) })),
      rule(),
    ]);
    expect(messageOf(parent.conditions, 'PartiallyInvalid')).toContain(
      `Dropped Rule 0: spec.rules[0].filters[0].${field}`,
    );
  });
});
