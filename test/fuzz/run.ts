/** Runs properties for a time rather than a number of inputs. `FUZZ_SECONDS` and `FUZZ_SEED` choose; `make fuzz` sets both. */
import { expect } from '@jest/globals';
import fc from 'fast-check';
import { liveMegabytes } from '../tools/live-heap.ts';

/** For each property. */
export const seconds = Number(process.env.FUZZ_SECONDS ?? 2);
const seed = Number(process.env.FUZZ_SEED ?? 8);
export const testMs = seconds * 1000 + 60_000;

/** No input may take more of the processor; what only waits for ever ends with the test's own limit. */
const longestMs = 3_000;
/** Memory that may be in use more at the end than at the beginning: what is kept on purpose has limits far below it. */
const mostMegabytes = 64;

/** Fails on a throw, on an input that takes too long, on a changed prototype and on growing memory; says how many inputs it tried. */
export async function fuzz<T>(
  name: string,
  inputs: fc.Arbitrary<T>,
  check: (input: T) => Promise<void> | void,
): Promise<void> {
  const prototypes = prototypeKeys();
  const before = liveMegabytes();
  const property = fc.asyncProperty(inputs, async (input) => {
    const started = process.cpuUsage();
    await check(input);
    const { user, system } = process.cpuUsage(started);
    if (user + system > longestMs * 1000) throw new Error(`took ${Math.round((user + system) / 1000)} ms`);
    expect(prototypeKeys()).toEqual(prototypes);
  });
  const result = await fc.check(property, {
    seed,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: seconds * 1000,
    endOnFailure: seconds < 30,
  });
  if (result.failed) throw new Error(fc.defaultReportMessage(result) ?? 'failed', { cause: result.errorInstance });
  expect(result.numRuns).toBeGreaterThan(seconds);
  const more = liveMegabytes() - before;
  expect(more).toBeLessThan(mostMegabytes);
  if (seconds > 2) console.log(`${name}: ${result.numRuns} inputs with seed ${seed}, ${more.toFixed(1)} MB more`);
}

function prototypeKeys(): readonly string[] {
  return [Object.prototype, Array.prototype, String.prototype, Function.prototype].flatMap((prototype) =>
    Object.getOwnPropertyNames(prototype),
  );
}
