import type { Listener } from './listener.ts';
import type { Entrance } from './http/incoming.ts';
import type { VirtualServiceProgram } from './program/program.ts';
import { errorCode, errorMessage } from './http/errors.ts';

export interface ListenersOptions {
  /** Virtual service port → port that is really bound; others are bound as they are. */
  readonly portMap: ReadonlyMap<number, number>;
  /** Binds a listener; `boundPort` is the entrance's port after the port map. Rejects when it cannot be bound. */
  readonly open: (program: VirtualServiceProgram, entrance: Entrance, boundPort: number) => Promise<Listener>;
  readonly log: (message: string) => void;
}

/** The listeners of all programmed virtual services. */
export interface Listeners {
  /** Makes the listeners of one virtual service what its program says; undefined: none. Others are not touched. */
  readonly apply: (uuid: string, program: VirtualServiceProgram | undefined) => void;
  /** Why listeners of a virtual service are not bound; empty when all are. */
  readonly problems: (uuid: string) => readonly string[];
  /** Resolves when nothing is being bound or closed; undefined when that is so already. */
  readonly busy: () => Promise<void> | undefined;
  readonly close: () => Promise<void>;
}

interface Slot {
  readonly owner: string;
  readonly entrance: Entrance;
  program: VirtualServiceProgram;
  listener?: Listener;
  problem?: string;
}

const RETRY_MS = 2_000;

const keyOf = ({ virtualIp, port, transport }: Entrance): string =>
  `${virtualIp}|${port}|${transport === 'udp' ? 'udp' : 'tcp'}`;

function entrances(program: VirtualServiceProgram): readonly Entrance[] {
  if (program.kind === 'child' || !program.enabled || !program.trafficEnabled || program.unservedType !== undefined)
    return [];
  return program.addresses.flatMap((virtualIp) =>
    program.services.map(({ port, tls, transport }) => {
      const clients = tls ? (program.portHttp.get(port) ?? program.http).clientCertificates?.mode : undefined;
      return { virtualIp, port, tls, transport: transport.kind, ...(clients && { clients }) };
    }),
  );
}

/** Whether a bound listener can serve a later program: what a TLS server asks of clients is fixed when it opens. */
function fits(
  { entrance, program }: Slot,
  wanted: Entrance | undefined,
  later: VirtualServiceProgram | undefined,
): boolean {
  return (
    wanted !== undefined &&
    wanted.tls === entrance.tls &&
    wanted.clients === entrance.clients &&
    wanted.transport === entrance.transport &&
    (later?.l4 === undefined) === (program.l4 === undefined)
  );
}

/** Creates the empty set. */
export function createListeners(options: ListenersOptions): Listeners {
  const slots = new Map<string, Slot>();
  /** Virtual services that want an address that another one has. */
  const waiting = new Map<string, { program: VirtualServiceProgram; readonly conflicts: readonly string[] }>();
  const work = new Map<string, Promise<void>>();
  let closed = false;

  /** Work on one address and port is done in turn, so that a close is over before the next bind. */
  const enqueue = (key: string, task: () => Promise<void>): void => {
    const queued = (work.get(key) ?? Promise.resolve()).then(task).finally(() => {
      if (work.get(key) === queued) work.delete(key);
    });
    work.set(key, queued);
  };

  const bind = async (key: string, slot: Slot): Promise<void> => {
    if (closed || slots.get(key) !== slot || slot.listener) return;
    const { entrance } = slot;
    const boundPort = options.portMap.get(entrance.port) ?? entrance.port;
    try {
      slot.listener = await options.open(slot.program, entrance, boundPort);
      delete slot.problem;
    } catch (error) {
      const problem = `cannot listen on ${entrance.virtualIp} port ${boundPort}: ${errorCode(error) || errorMessage(error)}`;
      if (slot.problem !== problem) options.log(`virtual service ${slot.program.name} ${problem}`);
      slot.problem = problem;
    }
  };

  const open = (owner: string, program: VirtualServiceProgram, entrance: Entrance): void => {
    const key = keyOf(entrance);
    const slot: Slot = { owner, entrance, program };
    slots.set(key, slot);
    enqueue(key, () => bind(key, slot));
  };

  const release = (key: string, slot: Slot): void => {
    slots.delete(key);
    enqueue(key, async () => slot.listener?.close());
  };

  const apply = (uuid: string, program: VirtualServiceProgram | undefined): void => {
    const freed = place(uuid, program);
    if (freed) for (const [other, { program: waiter }] of [...waiting]) if (other !== uuid) place(other, waiter);
  };

  const place = (uuid: string, program: VirtualServiceProgram | undefined): boolean => {
    const wanted = new Map((program ? entrances(program) : []).map((entrance) => [keyOf(entrance), entrance]));
    let freed = false;
    for (const [key, slot] of slots) {
      if (slot.owner !== uuid || fits(slot, wanted.get(key), program)) continue;
      release(key, slot);
      freed = true;
    }
    const conflicts: string[] = [];
    for (const [key, entrance] of wanted) {
      const slot = slots.get(key);
      if (!slot && program) open(uuid, program, entrance);
      else if (slot && slot.owner !== uuid)
        conflicts.push(
          `port ${entrance.port} of ${entrance.virtualIp} is in use by virtual service ${slot.program.name}`,
        );
      else if (slot && program) {
        slot.program = program;
        enqueue(key, async () => slot.listener?.update(program));
      }
    }
    waiting.delete(uuid);
    if (program && conflicts.length > 0) waiting.set(uuid, { program, conflicts });
    return freed;
  };

  const retry = setInterval(() => {
    for (const [key, slot] of slots)
      if (slot.problem !== undefined && !work.has(key)) enqueue(key, () => bind(key, slot));
  }, RETRY_MS).unref();

  return {
    apply,
    problems: (uuid) => {
      const own = [...slots.values()].filter((slot) => slot.owner === uuid).map((slot) => slot.problem);
      return [...own.filter((problem) => problem !== undefined), ...(waiting.get(uuid)?.conflicts ?? [])];
    },
    busy: () => (work.size === 0 ? undefined : Promise.all(work.values()).then(() => undefined)),
    close: async () => {
      closed = true;
      clearInterval(retry);
      for (const [key, slot] of [...slots]) release(key, slot);
      await Promise.all(work.values());
    },
  };
}
