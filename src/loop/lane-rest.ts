/** A lane that only waits for the Service Engines leaves its place to another one. */
import type { AviClient } from '../avi/client.ts';
import type { EngineContext } from './engine-context.ts';
import type { Place } from './queue.ts';

/** Without a call for so long, in milliseconds, a lane is taken to wait; from one call to the next is less. */
const restAfterMs = 20;

/** Runs what works by the calls of this client: while it has none, the lane has left its place. */
export async function restingBetweenCalls<T>(
  place: Place,
  { deps, setTimer, answers }: EngineContext,
  run: (client: AviClient) => Promise<T>,
): Promise<T> {
  const { client } = deps;
  let calls = 0;
  let timer: NodeJS.Timeout | undefined;

  const during = async <R>(call: () => Promise<R>): Promise<R> => {
    clearTimeout(timer);
    calls += 1;
    place.enter();
    try {
      const answer = await call();
      answers.at = performance.now();
      return answer;
    } finally {
      calls -= 1;
      if (calls === 0) timer = setTimer(() => place.leave(), restAfterMs);
    }
  };

  try {
    return await run({
      ...client,
      request: (...request) => during(() => client.request(...request)),
      list: (...request) => during(() => client.list(...request)),
    });
  } finally {
    clearTimeout(timer);
    place.enter();
  }
}
