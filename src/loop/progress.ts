/** Says in statuses how far an apply is while it runs: each route once, when all its objects are there. */
import { applyPlan } from '../apply/apply.ts';
import type { ApplyContext } from '../apply/operations.ts';
import type { Outcome } from '../apply/outcome.ts';
import type { Plan } from '../plan/operation.ts';
import { routeIdOf, type AviObject } from '../translate/desired.ts';
import { objectsById } from '../translate/desired-index.ts';

/** When the controller has last done what any lane asked it for. */
export interface Answers {
  /** As of `performance.now()`. */
  at: number;
}

export interface Telling {
  /**
   * Says everything that is known.
   *
   * @param pending what is left out, as in `Statuses.gateway`.
   */
  readonly say: (outcome: Outcome | undefined, pending?: ReadonlySet<string>) => void;
  /** Says it of these routes only, by `kind/namespace/name`. */
  readonly routes: (ids: readonly string[]) => void;
  /** The outcome of the apply before. */
  readonly before: Outcome | undefined;
  /** Whether the plan says nothing of objects that are as they were. */
  readonly isPartial: boolean;
  readonly answers: Answers;
}

/** How often routes that have become ready are told of, in milliseconds. */
const tellEveryMs = 200;
/** When the controller does nothing for anybody for this long, statuses say what is known. */
const patienceMs = 2_000;
/** And for this long, when it does things for others: calls wait in one line. */
const longestPatienceMs = 15_000;

/** Applies a plan. The end is left to the caller to tell. */
export async function applyAndTell(
  plan: Plan,
  objects: readonly AviObject[],
  context: ApplyContext,
  telling: Telling,
): Promise<Outcome> {
  const waiting = countByRoute(plan, objects);
  const ready: string[] = [];
  let outcome: Outcome | undefined;
  let progressAt = performance.now();
  let stage: 'untold' | 'partly' | 'told' = 'untold';

  const isStuck = (): boolean => {
    const now = performance.now();
    return now - Math.max(progressAt, telling.answers.at) > patienceMs || now - progressAt > longestPatienceMs;
  };
  const tell = (): void => {
    if (stage !== 'told' && isStuck()) {
      stage = 'told';
      telling.say(outcome && new Map([...(telling.before ?? []), ...outcome]));
    } else if (outcome && ready.length > 0) {
      if (stage === 'untold' || ready.includes('')) telling.say(outcome, new Set(waiting.keys()));
      else telling.routes(ready);
      if (stage === 'untold') stage = 'partly';
      ready.length = 0;
    }
  };
  const settle = (id: string, known: Outcome): void => {
    outcome = known;
    progressAt = performance.now();
    for (const route of waiting.routesOf(id)) ready.push(route);
  };
  const timer = setInterval(tell, tellEveryMs);
  try {
    return await applyPlan(
      plan,
      objects,
      context,
      (written) => {
        clearInterval(timer);
        telling.say(written);
      },
      settle,
      telling.isPartial ? telling.before : undefined,
    );
  } finally {
    clearInterval(timer);
  }
}

interface Waiting {
  /** Routes that wait for objects; `''` is the Gateway itself. */
  keys(): Iterable<string>;
  /** Takes an object that has ended, and returns the route that has none left now. */
  routesOf(id: string): readonly string[];
}

function countByRoute({ operations }: Plan, objects: readonly AviObject[]): Waiting {
  const routes = new Map<string, string>();
  const left = new Map<string, number>();
  const byId = objectsById(objects);
  for (const { id, verb } of operations) {
    const object = verb === 'delete' ? undefined : byId.get(id);
    if (!object) continue;
    const route = routeIdOf(object);
    routes.set(id, route);
    left.set(route, (left.get(route) ?? 0) + 1);
  }
  return {
    keys: () => left.keys(),
    routesOf: (id) => {
      const route = routes.get(id);
      if (route === undefined) return [];
      const count = (left.get(route) ?? 0) - 1;
      if (count > 0) left.set(route, count);
      else left.delete(route);
      return count > 0 ? [] : [route];
    },
  };
}
