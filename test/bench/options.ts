/** What is measured and on what scale: from the environment, as `make bench` passes it. */
export const scenarioNames = [
  'bulk',
  'single',
  'endpoints',
  'churn',
  'unrelated',
  'certificate',
  'idle',
  'restart',
  'leader',
  'hour',
  'watched',
  'paths',
  'spread',
  'limited',
  'errors',
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export interface BenchOptions {
  readonly routes: number;
  readonly latencyMs: number;
  /** Calls that the operator may have in flight. */
  readonly concurrency: number;
  /** Calls that the load has in flight at the API server. */
  readonly loadParallel: number;
  readonly scenarios: readonly ScenarioName[];
  /** How often single changes are repeated for their median. */
  readonly repeats: number;
  readonly churnSeconds: number;
  readonly idleSeconds: number;
  /** Minutes of the hour of changes. */
  readonly hourMinutes: number;
  /** Replicas of the operator; only loads are measured with more than one. */
  readonly replicas: number;
  /** `apply.macro` of the operator. */
  readonly macro: boolean;
  /** Folder for the operator's CPU profiles. */
  readonly profile?: string;
  /** Where the JSON goes; absent: only the table is printed. */
  readonly output?: string;
}

const quickScenarios: readonly ScenarioName[] = [
  'bulk',
  'single',
  'endpoints',
  'churn',
  'unrelated',
  'certificate',
  'idle',
  'restart',
  'hour',
];

/** @throws Error that names the variable. */
export function readOptions(environment: Readonly<Record<string, string | undefined>>): BenchOptions {
  const number = (name: string, otherwise: number): number => {
    const value = Number(environment[name] || otherwise);
    if (!Number.isFinite(value) || value < 0) throw new Error(`${name}: must be a number from 0`);
    return value;
  };
  const { PROFILE, OUT, QUICK } = environment;
  return {
    routes: number('N', QUICK ? 50 : 200),
    latencyMs: number('LATENCY', 30),
    concurrency: number('CONCURRENCY', 8),
    loadParallel: number('LOAD_PARALLEL', 8),
    scenarios: readScenarios(environment.SCENARIO),
    repeats: number('REPEATS', QUICK ? 1 : 5),
    churnSeconds: number('CHURN_SECONDS', QUICK ? 3 : 10),
    idleSeconds: number('IDLE_SECONDS', QUICK ? 6 : 12),
    hourMinutes: number('HOUR_MINUTES', QUICK ? 3 : 60),
    replicas: number('REPLICAS', 1),
    macro: environment.MACRO === '1',
    ...(PROFILE && { profile: PROFILE }),
    ...(OUT && { output: OUT }),
  };
}

function readScenarios(text: string | undefined): readonly ScenarioName[] {
  if (!text) return quickScenarios;
  if (text === 'all') return scenarioNames;
  return text.split(',').map((name) => {
    const known = scenarioNames.find((candidate) => candidate === name.trim());
    if (!known) throw new Error(`SCENARIO: "${name}" is none of ${scenarioNames.join(', ')}, all`);
    return known;
  });
}
