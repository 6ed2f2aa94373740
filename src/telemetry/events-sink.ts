/** Where Events for users go: the API server in a cluster, a file or nothing elsewhere. */
import type { RoutingEvent } from '../routing/result/findings.ts';

/** Takes Events; never throws, never blocks. Whoever implements it drops repetitions. */
export interface EventsSink {
  emit(events: readonly RoutingEvent[]): void;
}
