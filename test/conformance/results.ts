/** What the suite said about each test. */
export interface TestResult {
  readonly test: string;
  /** `unsupported`: a feature that the test needs is not claimed. */
  readonly result: 'passed' | 'failed' | 'skipped' | 'unsupported';
  readonly seconds: number;
  readonly features: readonly string[] | null;
  readonly provisional: boolean;
}

/** Results of one run; `failed` also holds for a run that ended without all of its results. */
export interface ConformanceResults {
  readonly tests: readonly TestResult[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly unsupported: number;
  /** Whether the suite ended by itself and found everything as it should be. */
  readonly succeeded: boolean;
}

/** Counts the lines of JSON that the suite's binary writes. A line that was cut off in the middle is left out. */
export function countResults(lines: string, suiteSucceeded: boolean): ConformanceResults {
  const tests = lines
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as TestResult);
  const count = (result: TestResult['result']) => tests.filter((test) => test.result === result).length;
  return {
    tests,
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    unsupported: count('unsupported'),
    succeeded: suiteSucceeded && count('failed') === 0 && count('passed') > 0,
  };
}

/** A table of the tests that ran, failed ones last, and a line of counts. */
export function resultsTable(results: ConformanceResults): string {
  const ran = results.tests.filter(({ result }) => result === 'passed' || result === 'failed');
  const width = Math.max(0, ...ran.map(({ test }) => test.length));
  const rows = ran
    .toSorted((a, b) => b.result.localeCompare(a.result) || a.test.localeCompare(b.test))
    .map(({ test, result, seconds }) => `${result} ${test.padEnd(width)} ${seconds.toFixed(1).padStart(6)} s`);
  const { passed, failed, skipped, unsupported } = results;
  return [...rows, `${passed} passed, ${failed} failed, ${skipped} skipped, ${unsupported} not claimed`].join('\n');
}
