import { describe, expect, it } from '@jest/globals';
import { failuresIn } from './failures.ts';

const log = [
  '=== RUN   TestConformance',
  '=== RUN   TestConformance/Redirect',
  `    helpers.go:854: Accepted was not in conditions list ${'x'.repeat(500)}`,
  '    helpers.go:527: ',
  '        \tError Trace:\tsigs.k8s.io/gateway-api/utils/kubernetes/helpers.go:856',
  '        \t            \t\t\t\tsigs.k8s.io/gateway-api/utils/kubernetes/helpers.go:1360',
  '        \tError:      \tcontext deadline exceeded',
  '=== RUN   TestConformance/Simple',
  '=== RUN   TestConformance/Simple/first',
  ...Array.from({ length: 20 }, (_, at) => `    http.go:322: attempt ${at}`),
  '    http.go:304: timeout while waiting',
  '=== NAME  TestConformance/Simple',
  '    apply.go:295: Deleting a route',
  '=== CONT  TestConformance/Redirect',
  '    apply.go:295: Deleting another route',
  '    helpers.go:1: said later',
  '--- FAIL: TestConformance (10.27s)',
  '    --- FAIL: TestConformance/Redirect (6.03s)',
  '    --- FAIL: TestConformance/Simple (5.03s)',
  '        --- FAIL: TestConformance/Simple/first (5.00s)',
  '    --- PASS: TestConformance/Weight (5.00s)',
  'FAIL',
].join('\n');

describe('failures in the log of the suite', () => {
  const [redirect = '', simple = '', ...others] = failuresIn(log);

  it('has the last lines of each innermost failed test', () => {
    expect(others).toEqual([]);
    expect(simple.split('\n')).toEqual([
      'TestConformance/Simple/first:',
      ...Array.from({ length: 7 }, (_, at) => `  http.go:322: attempt ${at + 13}`),
      '  http.go:304: timeout while waiting',
    ]);
  });

  it('puts together what one test said at different times, without traces and cleaning up', () => {
    const lines = redirect.split('\n').map((line) => line.replaceAll(/\s+/g, ' '));
    expect(lines[1]).toMatch(/^ helpers.go:854: Accepted was not in conditions list x{60,} … x{280}$/);
    expect(lines.toSpliced(1, 1)).toEqual([
      'TestConformance/Redirect:',
      ' helpers.go:527:',
      ' Error: context deadline exceeded',
      ' helpers.go:1: said later',
    ]);
  });

  it('is empty where nothing failed', () => {
    expect(failuresIn('--- PASS: TestConformance (1.0s)\nPASS\n')).toEqual([]);
  });
});
