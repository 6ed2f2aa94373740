import type { StoreChange, StoreReader } from '../../store/types.ts';
import { compileVirtualService } from './compile.ts';
import { createFamilies } from '../http/families.ts';
import type { EvhOrder, VirtualServiceProgram } from './program.ts';
import type { Random } from '../../random.ts';
import type { Program } from '../decide/virtual-host.ts';
import { errorMessage } from '../http/errors.ts';

export interface ProgrammerOptions {
  readonly store: StoreReader;
  /** Upper bound of the delay between a write and its effect, milliseconds. */
  readonly programDelayMs: number;
  readonly evhOrder: EvhOrder;
  readonly random: Random;
  readonly healthIntervalMs: number;
  /** Called when a virtual service has been programmed anew; undefined: it is gone. */
  readonly onProgrammed: (uuid: string, program: VirtualServiceProgram | undefined) => void;
  readonly log: (message: string) => void;
}

/** Keeps the programs of all virtual services equal to the store, each with a delay of its own. */
export interface Programmer {
  /** The program that a parent's or stand-alone virtual service's listeners serve. */
  readonly programOf: (uuid: string) => Program | undefined;
  readonly virtualService: (uuid: string) => VirtualServiceProgram | undefined;
  readonly isPending: (uuid: string) => boolean;
  /** Resolves when what is pending now has taken effect; undefined when nothing is pending. */
  readonly pending: () => Promise<void> | undefined;
  readonly close: () => void;
}

interface Pending {
  readonly timer: NodeJS.Timeout;
  readonly done: Promise<void>;
  readonly resolve: () => void;
}

/** Starts with everything in the store scheduled. */
export function startProgrammer(options: ProgrammerOptions): Programmer {
  const { store } = options;
  const programs = new Map<string, VirtualServiceProgram>();
  const families = createFamilies(options.evhOrder);
  const dependencies = new Map<string, ReadonlySet<string>>();
  const dependents = new Map<string, Set<string>>();
  const pending = new Map<string, Pending>();

  const setDependencies = (uuid: string, next: ReadonlySet<string>): void => {
    for (const old of dependencies.get(uuid) ?? []) {
      if (next.has(old)) continue;
      const users = dependents.get(old);
      users?.delete(uuid);
      if (users?.size === 0) dependents.delete(old);
    }
    for (const added of next) (dependents.get(added) ?? dependents.set(added, new Set()).get(added))?.add(uuid);
    if (next.size > 0) dependencies.set(uuid, next);
    else dependencies.delete(uuid);
  };

  const reportProblems = (before: VirtualServiceProgram | undefined, after: VirtualServiceProgram): void => {
    const known = new Set(before?.problems);
    after.problems
      .filter((problem) => !known.has(problem))
      .forEach((problem) => options.log(`virtual service ${after.name}: ${problem}`));
  };

  const program = (uuid: string): void => {
    const stored = store.get('virtualservice', uuid);
    const before = programs.get(uuid);
    const compiled = stored && compileVirtualService(stored, store, { healthIntervalMs: options.healthIntervalMs });
    setDependencies(uuid, compiled?.dependencies ?? new Set());
    if (compiled) {
      reportProblems(before, compiled.program);
      programs.set(uuid, compiled.program);
    } else programs.delete(uuid);
    families.update(uuid, before, compiled?.program);
    options.onProgrammed(uuid, compiled?.program);
  };

  const fire = (uuid: string): void => {
    const entry = pending.get(uuid);
    pending.delete(uuid);
    try {
      program(uuid);
    } catch (error) {
      options.log(`virtual service ${uuid} could not be programmed: ${errorMessage(error)}`);
    }
    entry?.resolve();
  };

  const schedule = (uuid: string): void => {
    if (pending.has(uuid)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const delay = Math.round(options.random() * options.programDelayMs);
    pending.set(uuid, { timer: setTimeout(() => fire(uuid), delay), done: promise, resolve });
  };

  const onChange = ({ object }: StoreChange): void => {
    if (object.type === 'virtualservice') schedule(object.uuid);
    dependents.get(object.uuid)?.forEach(schedule);
  };

  const unsubscribe = store.subscribe(onChange);
  store.list('virtualservice').forEach(({ uuid }) => schedule(uuid));
  return {
    programOf: families.programOf,
    virtualService: (uuid) => programs.get(uuid),
    isPending: (uuid) => pending.has(uuid),
    pending: () =>
      pending.size === 0 ? undefined : Promise.all([...pending.values()].map(({ done }) => done)).then(() => undefined),
    close: () => {
      unsubscribe();
      pending.forEach(({ timer, resolve }) => {
        clearTimeout(timer);
        resolve();
      });
      pending.clear();
    },
  };
}
