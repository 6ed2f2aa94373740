import { describe, expect, it } from '@jest/globals';
import { mine } from '../../crds/generate/avi-prose.ts';

describe('mine', () => {
  it.each([
    [
      'an enum',
      { type: 'string', description: 'Kind. Enum options - A_1, B.C. Unit is SEC.' },
      { enum: ['A_1', 'B.C'] },
    ],
    ['a range', { type: 'integer', description: 'Allowed values are 1-65535.' }, { minimum: 1, maximum: 65535 }],
    [
      'a negative range',
      { type: 'number', description: 'Allowed values are -90.0-+90.0.' },
      { minimum: -90, maximum: 90 },
    ],
    ['listed numbers', { type: 'integer', description: 'Allowed values are 0,1,2,4.' }, { enum: [0, 1, 2, 4] }],
    [
      'special values',
      { type: 'integer', description: 'Allowed values are 1-300. Special values are 0 - Immediate, -1 - Infinite.' },
      { minimum: -1, maximum: 300, 'x-avi-range': [1, 300], 'x-avi-special': [0, -1] },
    ],
    [
      'a reference',
      { type: 'string', description: 'It is a reference to an object of type VsVip.' },
      { 'x-avi-ref': 'vsvip' },
    ],
  ])('reads %s', (_, field, keywords) => {
    expect(mine(field)).toMatchObject(keywords);
  });

  it('puts what is said of the items of an array on the items, and its limits on the array', () => {
    const description =
      'It is a reference to an object of type Pool. Minimum of 1 items required. Maximum of 8 items allowed.';
    expect(mine({ type: 'array', items: { type: 'string' }, description })).toMatchObject({
      minItems: 1,
      maxItems: 8,
      items: { type: 'string', 'x-avi-ref': 'pool' },
    });
  });

  it('does not take what an edition allows for a range', () => {
    const description = 'A score. Allowed in Enterprise edition with any value, Basic edition(Allowed values- 10).';
    expect(mine({ type: 'integer', description })).toEqual({ type: 'integer', description });
  });

  it('refuses a wording that it cannot read', () => {
    expect(() => mine({ type: 'integer', description: 'Allowed values are one or two.' })).toThrow(
      'cannot read the range',
    );
  });
});
