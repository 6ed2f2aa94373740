import { describe, expect, it } from '@jest/globals';
import { countResults, resultsTable, type TestResult } from './results.ts';

const line = (test: string, result: TestResult['result']) =>
  `${JSON.stringify({ test, result, seconds: 1.25, features: ['Gateway'], provisional: false })}\n`;

describe('results of the suite', () => {
  const lines = line('B', 'failed') + line('A', 'passed') + line('C', 'unsupported') + line('D', 'skipped');

  it('counts each kind', () => {
    const { passed, failed, skipped, unsupported, succeeded } = countResults(lines, true);
    expect([passed, failed, skipped, unsupported, succeeded]).toEqual([1, 1, 1, 1, false]);
  });

  it('is no success without a test that passed, nor when the suite did not end well', () => {
    expect(countResults('', true).succeeded).toBe(false);
    expect(countResults(line('A', 'passed'), false).succeeded).toBe(false);
    expect(countResults(line('A', 'passed'), true).succeeded).toBe(true);
  });

  it('leaves out a line that was cut off', () => {
    expect(countResults(`${line('A', 'passed')}{"test":"B","res`, true).tests.map(({ test }) => test)).toEqual(['A']);
  });

  it('shows failed tests last, before the counts', () => {
    expect(resultsTable(countResults(lines, true)).split('\n')).toEqual([
      'passed A    1.3 s',
      'failed B    1.3 s',
      '1 passed, 1 failed, 1 skipped, 1 not claimed',
    ]);
  });
});
