/** What cannot be undercut, so that a time can be judged whatever machine it was taken on. */

/** What one measurement took. */
export interface Work {
  readonly calls: number;
  /** Longest chain of calls of which each waits for the one before. */
  readonly depth: number;
  /** CPU seconds of all processes together: operator, controller, API server and the load itself. */
  readonly cpuSeconds: number;
}

/** What it was taken on. */
export interface Conditions {
  readonly latencyMs: number;
  readonly inFlight: number;
  readonly cores: number;
  /** Calls a second that the controller takes; absent: any number. */
  readonly rateLimit?: number;
}

/** The largest of the lower bounds, in ms, and which it is. */
export interface Limit {
  readonly ms: number;
  readonly by: 'calls' | 'depth' | 'cpu' | 'rate';
}

/** The largest of calls × latency ÷ in-flight, depth × latency, CPU seconds ÷ cores, and calls ÷ rate. */
export function limitOf(work: Work, conditions: Conditions): Limit {
  const { latencyMs, inFlight, cores, rateLimit } = conditions;
  const bounds: readonly Limit[] = [
    { by: 'calls', ms: (work.calls * latencyMs) / inFlight },
    { by: 'depth', ms: work.depth * latencyMs },
    { by: 'cpu', ms: (work.cpuSeconds * 1000) / cores },
    { by: 'rate', ms: rateLimit === undefined ? 0 : (work.calls / rateLimit) * 1000 },
  ];
  return bounds.reduce((largest, bound) => (bound.ms > largest.ms ? bound : largest));
}

/** The middle value; the mean of the two middle ones for an even number. 0 of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[half] ?? 0;
  return ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}

/** The smallest value that at least the share of all values does not exceed (nearest rank). 0 of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
