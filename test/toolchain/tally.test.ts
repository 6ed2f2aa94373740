import { describe, expect, it } from '@jest/globals';
import { closingLine, countCheck, countConformance, countJest, jestFailures, total } from '../tools/tally.ts';

const report = { numPassedTests: 7, numFailedTests: 2, numRuntimeErrorTestSuites: 1, testResults: [] };

describe('the count of make test', () => {
  it('adds checks, tests, and test files that could not be loaded', () => {
    const counts = [countCheck(true), countCheck(false), countJest(report, false)];
    expect(closingLine(total(counts))).toBe('8 passed, 4 failed');
  });

  it('counts a run without a report as failed', () => {
    expect(countJest(undefined, true)).toEqual({ passed: 0, failed: 1 });
  });

  it('does not believe a report without failures when the run ended badly', () => {
    const clean = { numPassedTests: 3, numFailedTests: 0, numRuntimeErrorTestSuites: 0, testResults: [] };
    expect(countJest(clean, false)).toEqual({ passed: 3, failed: 1 });
    expect(countJest(clean, true)).toEqual({ passed: 3, failed: 0 });
  });

  it('tells again what failed, file by file', () => {
    const testResults = [
      { name: 'good.test.ts', message: '' },
      { name: 'bad.test.ts', message: 'expected 1' },
    ];
    expect(jestFailures({ ...report, testResults })).toEqual(['bad.test.ts\nexpected 1']);
  });

  it('counts skipped tests of the conformance suite as failed, and a run that ended badly at least once', () => {
    const run = { passed: 60, failed: 0, skipped: 0, succeeded: true };
    expect(countConformance(run)).toEqual({ passed: 60, failed: 0 });
    expect(countConformance({ ...run, skipped: 2 })).toEqual({ passed: 60, failed: 2 });
    expect(countConformance({ ...run, succeeded: false })).toEqual({ passed: 60, failed: 1 });
  });
});
