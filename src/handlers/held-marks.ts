/**
 * Holds the marks of a Gateway back while it is not known whether the Secrets that it names exist. Without that, every
 * start would take the listeners' certificates away for the moment until the Secrets are read.
 */
import type { References } from '../cluster/references.ts';
import type { SecretSource } from './context.ts';
import type { MarkReason, Marks } from './marks.ts';

export interface HeldMarks extends Marks {
  /** It is now known whether the Secret exists: lets go of the Gateways that wait for nothing else. */
  release(secretKey: string): void;
}

interface Held {
  readonly reason: MarkReason;
  readonly explained: boolean;
}

export function createHeldMarks(
  marks: Marks,
  references: Pick<References, 'secretsOfGateway' | 'gatewaysOfSecret'>,
  secrets: Pick<SecretSource, 'pending'>,
): HeldMarks {
  const held = new Map<string, Held>();
  const waits = (gateway: string) => [...references.secretsOfGateway(gateway)].some((key) => secrets.pending(key));

  return {
    mark: (gateways, reason, explained) => {
      const free: string[] = [];
      for (const gateway of gateways) {
        if (waits(gateway)) held.set(gateway, merge(held.get(gateway), { reason, explained }));
        else free.push(gateway);
      }
      if (free.length > 0) marks.mark(free, reason, explained);
    },
    markClass: (name) => marks.markClass(name),
    release: (secretKey) => {
      for (const gateway of references.gatewaysOfSecret(secretKey)) {
        const waiting = held.get(gateway);
        if (!waiting || waits(gateway)) continue;
        held.delete(gateway);
        marks.mark([gateway], waiting.reason, waiting.explained);
      }
    },
  };
}

function merge(a: Held | undefined, b: Held): Held {
  if (!a) return b;
  const reason = a.reason === 'all' || b.reason === 'all' ? 'all' : [...new Set([...a.reason, ...b.reason])];
  return { reason, explained: a.explained && b.explained };
}
