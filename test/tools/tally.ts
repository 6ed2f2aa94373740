/** How many checks passed and failed. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** The part of Jest's JSON report that is counted and told of. */
export interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  /** One a test file. */
  readonly testResults: readonly {
    readonly name: string;
    /** Why the file could not be loaded, or what its tests that failed said. */
    readonly message: string;
  }[];
}

/** A check that counts as one. */
export function countCheck(succeeded: boolean): Count {
  return succeeded ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/**
 * Counts a Jest run: its tests, and test files that could not be loaded as failures. A run that ended badly counts at
 * least one failure, also when it left no report.
 */
export function countJest(report: JestReport | undefined, succeeded: boolean): Count {
  if (report === undefined) return { passed: 0, failed: 1 };
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return { passed: report.numPassedTests, failed: succeeded ? failed : Math.max(failed, 1) };
}

/** What failed in a Jest run, a text for each test file, to be told again where nobody can overlook it. */
export function jestFailures({ testResults }: JestReport): readonly string[] {
  return testResults.filter(({ message }) => message !== '').map(({ name, message }) => `${name}\n${message}`);
}

/** What is counted of a run of the conformance suite. */
export interface ConformanceReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly succeeded: boolean;
}

/** Counts a run of the conformance suite: a test that was skipped though all it needs is claimed has not passed. */
export function countConformance({ passed, failed, skipped, succeeded }: ConformanceReport): Count {
  const bad = failed + skipped;
  return { passed, failed: succeeded ? bad : Math.max(bad, 1) };
}

/** Adds counts up. */
export function total(counts: readonly Count[]): Count {
  const add = (pick: (count: Count) => number) => counts.reduce((sum, count) => sum + pick(count), 0);
  return { passed: add((count) => count.passed), failed: add((count) => count.failed) };
}

/** The last line of `make test`. */
export function closingLine({ passed, failed }: Count): string {
  return `${passed} passed, ${failed} failed`;
}
