import type { AviClient } from '../../avi/client.ts';
import type { Config } from '../../config.ts';
import type { Workshop } from './objects.ts';

/** What checks that need no traffic work with. */
export interface RestBench {
  readonly client: AviClient;
  readonly workshop: Workshop;
  readonly config: Config;
  /** Present: so many reads may be sent at once, by a client that makes so many calls at a time and none again. */
  readonly flood?: { readonly calls: number; readonly connect: (concurrency: number) => AviClient };
}
