import { describe, expect, it } from '@jest/globals';
import { withoutProse } from '../../crds/generate/schema-prose.ts';

describe('withoutProse', () => {
  it('drops descriptions, titles and examples at every depth', () => {
    const schema = {
      title: 'T',
      type: 'object',
      description: 'about it',
      properties: { a: { type: 'array', items: { type: 'string', example: 'x', description: 'an item' } } },
      anyOf: [{ description: 'either', required: ['a'] }],
    };
    expect(withoutProse(schema)).toEqual({
      type: 'object',
      properties: { a: { type: 'array', items: { type: 'string' } } },
      anyOf: [{ required: ['a'] }],
    });
  });

  it('keeps a property that is called like a keyword', () => {
    const schema = { properties: { description: { type: 'string', description: 'text' }, title: { type: 'string' } } };
    expect(withoutProse(schema)).toEqual({
      properties: { description: { type: 'string' }, title: { type: 'string' } },
    });
  });

  it('leaves default values alone, whatever they contain', () => {
    expect(withoutProse({ default: { description: 'kept' } })).toEqual({ default: { description: 'kept' } });
  });

  it('gives the same text for the same schema in another order', () => {
    const one = withoutProse({ type: 'object', properties: { b: { type: 'string' }, a: { type: 'string' } } });
    const other = withoutProse({ properties: { a: { type: 'string' }, b: { type: 'string' } }, type: 'object' });
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
  });
});
