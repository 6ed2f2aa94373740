import type { Bench } from './bench.ts';
import type { RestBench } from './rest-bench.ts';

/** What was seen. `holds` is undefined where nothing is assumed, or nothing could be seen. */
export interface Observation {
  readonly holds?: boolean;
  /** One line. */
  readonly observed: string;
}

/** One unverified reading of Avi. */
export type Check = {
  /** Kebab-case; names the check in reports. */
  readonly id: string;
  /** What we take for granted, as a sentence. */
  readonly assumed: string;
} & (
  | { readonly needs: 'rest'; readonly run: (bench: RestBench) => Promise<Observation> }
  | { readonly needs: 'traffic' | 'server'; readonly run: (bench: Bench) => Promise<Observation> }
);

/** Different answers of several tries, with how often each came, most frequent first. */
export async function tally(times: number, ask: () => Promise<string>): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (let time = 0; time < times; time += 1) {
    const answer = await ask().catch((error: Error) => `error: ${error.message}`);
    counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  return new Map([...counts].sort((a, b) => b[1] - a[1]));
}

/** `a 18, b 2`. */
export function describeTally(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([answer, count]) => `${answer} ${count}`).join(', ');
}
