/** The runs whose results are committed, the most telling first. */
import type { ScenarioName } from './options.ts';

export interface PublishedRun {
  /** Name of its files in docs/benchmarks. */
  readonly name: string;
  readonly routes: number;
  readonly latencyMs: number;
  readonly scenarios: readonly ScenarioName[];
  readonly concurrency?: number;
  readonly replicas?: number;
  readonly macro?: boolean;
  readonly repeats?: number;
  readonly churnSeconds?: number;
  readonly idleSeconds?: number;
  /** What it may take on an idle machine with 2 cores, set-up included. */
  readonly seconds: number;
}

const small = ['single', 'endpoints', 'churn', 'unrelated', 'certificate'] as const;

/** Bulk load, further arrangements and all that follows, at three sizes and two latencies. */
export const publishedRuns: readonly PublishedRun[] = [
  {
    name: 'n1000-30ms',
    routes: 1000,
    latencyMs: 30,
    scenarios: ['bulk', ...small, 'idle', 'restart', 'leader', 'hour', 'watched'],
    repeats: 3,
    churnSeconds: 60,
    idleSeconds: 30,
    seconds: 350,
  },
  {
    name: 'n5000-30ms',
    routes: 5000,
    latencyMs: 30,
    scenarios: ['bulk', ...small, 'restart'],
    repeats: 2,
    churnSeconds: 60,
    seconds: 325,
  },
  {
    name: 'n100-30ms',
    routes: 100,
    latencyMs: 30,
    scenarios: ['bulk', ...small, 'restart', 'leader', 'limited', 'errors'],
    repeats: 3,
    seconds: 180,
  },
  load(1000, 30, 'bulk', { concurrency: 16 }),
  load(5000, 30, 'bulk', { concurrency: 16 }),
  load(1000, 0, 'bulk'),
  load(5000, 0, 'bulk'),
  load(100, 0, 'bulk'),
  load(5000, 30, 'paths'),
  load(5000, 30, 'spread'),
  load(1000, 30, 'bulk', { macro: true }),
  load(1000, 30, 'paths'),
  load(1000, 30, 'spread'),
  load(100, 30, 'paths'),
  load(100, 30, 'spread'),
  load(1000, 30, 'bulk', { replicas: 2 }),
  load(100, 0, 'paths'),
  load(100, 0, 'spread'),
  load(1000, 0, 'paths'),
  load(1000, 0, 'spread'),
  load(5000, 0, 'paths'),
  load(5000, 0, 'spread'),
];

/** One load from nothing. */
function load(
  routes: number,
  latencyMs: number,
  scenario: 'bulk' | 'paths' | 'spread',
  more: Pick<PublishedRun, 'concurrency' | 'replicas' | 'macro'> = {},
): PublishedRun {
  const marks = [
    scenario === 'bulk' ? '' : scenario,
    more.concurrency === undefined ? '' : String(more.concurrency),
    more.macro ? 'macro' : '',
    more.replicas === undefined ? '' : `replicas${more.replicas}`,
  ];
  const name = [`n${routes}`, `${latencyMs}ms`, ...marks.filter(Boolean)].join('-');
  // The set-up is 14 s and some ms for a route's Service and endpoints; the load itself about 12 ms a route.
  return { name, routes, latencyMs, scenarios: [scenario], ...more, seconds: Math.ceil(14 + routes * 0.018) };
}

/** The variables of `make bench` for a run. */
export function environmentOf(run: PublishedRun, output: string): Readonly<Record<string, string>> {
  return {
    N: String(run.routes),
    LATENCY: String(run.latencyMs),
    SCENARIO: run.scenarios.join(','),
    OUT: output,
    CONCURRENCY: String(run.concurrency ?? 8),
    REPLICAS: String(run.replicas ?? 1),
    MACRO: run.macro ? '1' : '',
    REPEATS: String(run.repeats ?? 1),
    CHURN_SECONDS: String(run.churnSeconds ?? 10),
    IDLE_SECONDS: String(run.idleSeconds ?? 12),
    QUICK: '',
  };
}

/** The runs that fit into the seconds, in their order; what does not is left out and what is shorter may still fit. */
export function within(runs: readonly PublishedRun[], seconds: number): readonly PublishedRun[] {
  const chosen: PublishedRun[] = [];
  let left = seconds;
  for (const run of runs) {
    if (run.seconds > left) continue;
    chosen.push(run);
    left -= run.seconds;
  }
  return chosen;
}
