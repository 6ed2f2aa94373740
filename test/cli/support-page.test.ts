import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { supportPage, supportPagePath } from './support-page.ts';

it('docs/support.md is what the table of features says', () => {
  expect(readFileSync(supportPagePath, 'utf8')).toBe(supportPage());
});
