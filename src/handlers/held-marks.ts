/**
 * Holds the marks of a Gateway back while it is not known whether the Secrets and ConfigMaps that it needs exist.
 * Without that, every start would take the listeners' certificates away for the moment until the Secrets are read.
 */
import { followedKinds, type FollowedKind } from '../cluster/kinds.ts';
import type { References } from '../cluster/references.ts';
import type { FollowedSources } from '../cluster/followed-sources.ts';
import type { MarkReason, Marks } from './marks.ts';

export interface HeldMarks extends Marks {
  /** It is now known whether the object exists: lets go of the Gateways that wait for nothing else. */
  release(kind: FollowedKind, key: string): void;
}

interface Held {
  readonly reason: MarkReason;
  readonly explained: boolean;
}

export function createHeldMarks(
  marks: Marks,
  references: Pick<References, 'gatewaysOfNamed'>,
  followed: { readonly [K in FollowedKind]: Pick<FollowedSources[K], 'pending'> },
): HeldMarks {
  const held = new Map<string, Held>();
  /** The Gateways that wait for an object to be read. */
  const waiting = (): ReadonlySet<string> =>
    new Set(
      followedKinds.flatMap((kind) =>
        [...followed[kind].pending()].flatMap((key) => [...references.gatewaysOfNamed(kind, key)]),
      ),
    );

  return {
    mark: (gateways, reason, explained) => {
      const free: string[] = [];
      const waits = waiting();
      for (const gateway of gateways) {
        if (waits.has(gateway)) held.set(gateway, merge(held.get(gateway), { reason, explained }));
        else free.push(gateway);
      }
      if (free.length > 0) marks.mark(free, reason, explained);
    },
    markClass: (name) => marks.markClass(name),
    release: (kind, key) => {
      const waits = waiting();
      for (const gateway of references.gatewaysOfNamed(kind, key)) {
        const own = held.get(gateway);
        if (!own || waits.has(gateway)) continue;
        held.delete(gateway);
        marks.mark([gateway], own.reason, own.explained);
      }
    },
  };
}

function merge(a: Held | undefined, b: Held): Held {
  if (!a) return b;
  const reason = a.reason === 'all' || b.reason === 'all' ? 'all' : [...new Set([...a.reason, ...b.reason])];
  return { reason, explained: a.explained && b.explained };
}
