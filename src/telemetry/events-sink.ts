/** Where Events for users go: the API server in a cluster, a file or nothing elsewhere. */
import type { RoutingEvent } from '../routing/result/findings.ts';

/** Takes Events; never throws, never blocks. Whoever implements it drops repetitions. */
export interface EventsSink {
  /** @param happenedAgain what was said before has ended since, and these are no repetition of it. */
  emit(events: readonly RoutingEvent[], happenedAgain?: boolean): void;
}
