import { expect, it } from '@jest/globals';
import { sharedStrings } from '../../src/values/shared-strings.ts';

it('changes nothing that can be seen', () => {
  const shareStrings = sharedStrings();
  const value = {
    text: 'a text that is long',
    list: ['a text that is long', 1, null, { deep: 'x'.repeat(400) }],
    no: null,
  };
  expect(shareStrings(structuredClone(value))).toEqual(value);
  expect(shareStrings('a text that is long')).toBe('a text that is long');
  expect(shareStrings(undefined)).toBeUndefined();
});
