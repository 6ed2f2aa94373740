/** How much memory is in use by what is still needed. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Megabytes of the heap after a collection of garbage, which takes a fraction of a second. */
export function liveMegabytes(): number {
  collect();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}
