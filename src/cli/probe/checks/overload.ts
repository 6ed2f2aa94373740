/** How the controller refuses calls that are too many. Others who use it may feel it, so it is asked only when told to. */
import { AviError } from '../../../avi/errors.ts';
import type { Check } from '../check.ts';

/** Calls at the same time. */
const together = 32;

export const overloadChecks: readonly Check[] = [
  {
    id: 'throttled-reply',
    assumed: 'calls above the limit are answered with 429, and Retry-After says how long to wait',
    needs: 'rest',
    run: async ({ flood, config: { tenant } }) => {
      if (!flood) throw new Error('no --flood');
      const client = flood.connect(together);
      let left = flood.calls;
      const refused: AviError[] = [];
      const ask = async (): Promise<void> => {
        for (; left > 0 && refused.length === 0; left -= 1) {
          const query = { name: 'avi-gateway-probe-none' };
          await client.request('GET', '/api/stringgroup/', { tenant, query }).catch((error: unknown) => {
            if (!(error instanceof AviError)) throw error;
            refused.push(error);
          });
        }
      };
      try {
        await Promise.all(Array.from({ length: together }, ask));
      } finally {
        await client.close();
      }
      const sent = flood.calls - Math.max(0, left);
      const [first] = refused;
      if (!first) return { observed: `${sent} reads as fast as they went, none refused` };
      const { status, detail, retryAfterMs } = first;
      const wait = retryAfterMs === undefined ? 'without Retry-After' : `Retry-After ${retryAfterMs / 1000} s`;
      return {
        holds: status === 429 && retryAfterMs !== undefined,
        observed: `after about ${sent} reads ${status ?? 'no answer'}, ${wait}: ${detail}`,
      };
    },
  },
];
