import { describe, expect, it } from '@jest/globals';
import type { RoutedRule } from '../../../src/routing/result/routed-rule.ts';
import type { Rule } from '../world.ts';
import { kept } from './routed-rules.ts';

describe('retries', () => {
  it.each<[string, Rule['retry'], RoutedRule['retry']]>([
    ['as often as asked', { attempts: 100 }, { attempts: 100 }],
    ['once by default', {}, { attempts: 1 }],
    ['without status codes', { attempts: 2, codes: [] }, { attempts: 2 }],
  ])('%s', (_, retry, expected) => {
    expect(kept({ retry }).retry).toEqual(expected);
  });
});
