/** What statuses say that is not so, beyond what a comparison with another run shows. */
import { keyOf } from '../../src/routing/snapshot.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import type { Feed } from './feed.ts';
import { addressOf } from './witness.ts';

interface Said {
  readonly conditions?: readonly { readonly type: string; readonly observedGeneration?: number }[];
  readonly parents?: readonly Said[];
  readonly listeners?: readonly Said[];
  readonly addresses?: readonly { readonly value: string }[];
}

const conditions = (said: Said): NonNullable<Said['conditions']> =>
  [said, ...(said.parents ?? []), ...(said.listeners ?? [])].flatMap((one) => one.conditions ?? []);

/** A line for each condition of another generation than the object's, and for each address that is not the VIP's. */
export function untrueStatuses(simulator: Simulator, { state }: Pick<Feed, 'state'>): readonly string[] {
  const generations = (['GatewayClass', 'Gateway', 'HTTPRoute'] as const).flatMap((kind) =>
    [...state.list(kind)].flatMap(({ metadata, status }) =>
      conditions((status ?? {}) as Said)
        .filter(({ observedGeneration }) => observedGeneration !== metadata.generation)
        .map(({ type, observedGeneration }) => {
          const name = `${kind} ${keyOf(metadata)} ${type}`;
          return `${name}: of generation ${observedGeneration}, the object has ${metadata.generation}`;
        }),
    ),
  );
  const addresses = [...state.list('Gateway')].flatMap(({ metadata, status }) => {
    const said = ((status ?? {}) as Said).addresses?.map(({ value }) => value).join();
    const is = addressOf(simulator.store, `c1--default-${metadata.name}`);
    return said === is ? [] : [`Gateway ${keyOf(metadata)}: says that it has ${said}, and has ${is}`];
  });
  return [...generations, ...addresses];
}
