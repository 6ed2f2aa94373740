/** What a run of the conformance suite is asked to do. */
export interface ConformanceOptions {
  /** Profiles of the suite, as `GATEWAY-HTTP`. */
  readonly profiles: readonly string[];
  /** The one test to run; absent: all. */
  readonly run?: string;
  /** Features to test; absent: those that the GatewayClass says it supports. */
  readonly features?: readonly string[];
  /** Seed of everything random in the controller. */
  readonly seed: number;
  /**
   * Which of several matching children the controller lets serve. `random` runs the operator with
   * `translation.trustChildOrder: false`.
   */
  readonly childOrder: 'longest' | 'random';
  /** Upper bound of the suite's waits for a condition, seconds; absent: its defaults. For development. */
  readonly waitSeconds?: number;
}

/** The suite's profiles of Gateways. */
export const allProfiles = ['GATEWAY-HTTP', 'GATEWAY-GRPC', 'GATEWAY-TLS', 'GATEWAY-TCP', 'GATEWAY-UDP'];
const word = /^[A-Za-z0-9]+$/;

function list(text: string | undefined): readonly string[] | undefined {
  const items = (text ?? '').split(',').map((item) => item.trim());
  const named = items.filter((item) => item !== '');
  return named.length > 0 ? named : undefined;
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name}=${text}: must be a whole number`);
  return Number(text);
}

/**
 * Reads PROFILES, RUN, FEATURES, SEED, EVH_ORDER and WAIT_SECONDS. `randomSeed` is taken where there is no SEED.
 * @throws Error that names the variable.
 */
export function parseOptions(
  env: Readonly<Record<string, string | undefined>>,
  randomSeed: () => number,
): ConformanceOptions {
  const profiles = list(env.PROFILES) ?? allProfiles;
  for (const profile of profiles) {
    if (!allProfiles.includes(profile)) throw new Error(`PROFILES: ${profile} is no profile of Gateways`);
  }
  const features = list(env.FEATURES);
  for (const feature of features ?? []) {
    if (!word.test(feature)) throw new Error(`FEATURES: ${feature} is no name of a feature`);
  }
  const run = env.RUN || undefined;
  if (run !== undefined && !word.test(run)) throw new Error(`RUN: ${run} is no name of a test`);
  const childOrder = env.EVH_ORDER || 'longest';
  if (childOrder !== 'longest' && childOrder !== 'random') {
    throw new Error(`EVH_ORDER=${childOrder}: must be longest or random`);
  }
  return {
    profiles,
    childOrder,
    seed: env.SEED ? wholeNumber('SEED', env.SEED) : randomSeed(),
    ...(run !== undefined && { run }),
    ...(features && { features }),
    ...(env.WAIT_SECONDS && { waitSeconds: wholeNumber('WAIT_SECONDS', env.WAIT_SECONDS) }),
  };
}
