import { describe, expect, it } from '@jest/globals';
import { failuresIn } from './failures.ts';

const log = [
  '=== RUN   TestConformance/HTTPRoute308Redirect',
  '    helpers.go:854: Accepted condition set to Status False',
  `    helpers.go:854: Accepted was not in conditions list ${'x'.repeat(500)}`,
  '    helpers.go:527: ',
  '        \tError Trace:\tsigs.k8s.io/gateway-api/utils/kubernetes/helpers.go:856',
  '        \t            \t\t\t\tsigs.k8s.io/gateway-api/utils/kubernetes/helpers.go:1360',
  '        \tError:      \tReceived unexpected error:',
  '        \t            \tcontext deadline exceeded',
  '        \tTest:       \tTestConformance/HTTPRoute308Redirect',
  '        \tMessages:   \terror waiting for HTTPRoute',
  '    apply.go:295: Deleting 308-redirect HTTPRoute',
].join('\n');

describe('failures in the log of the suite', () => {
  it('has what was seen last, the error and the test, without the trace', () => {
    const [failure, ...others] = failuresIn(log);
    expect(others).toEqual([]);
    const lines = failure?.split('\n') ?? [];
    expect(lines[0]).toBe('helpers.go:854: Accepted condition set to Status False');
    expect(lines[1]).toHaveLength(400);
    expect(lines.slice(2).map((line) => line.replaceAll(/\s+/g, ' '))).toEqual([
      'Error: Received unexpected error:',
      'context deadline exceeded',
      'Test: TestConformance/HTTPRoute308Redirect',
      'Messages: error waiting for HTTPRoute',
    ]);
  });

  it('is empty where nothing failed', () => {
    expect(failuresIn('--- PASS: TestConformance (1.0s)\nPASS\n')).toEqual([]);
  });
});
