import { isObject } from '../store/document.ts';
import { refuse } from '../store/errors.ts';

/** What happens to a call that a fault hits. `before` = the call has no effect, `after` = the write is done first. */
export type FaultEffect =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: unknown;
      readonly retryAfterSeconds?: number;
      readonly when?: 'before' | 'after';
    }
  | { readonly kind: 'drop'; readonly when?: 'before' | 'after' }
  | { readonly kind: 'delay'; readonly ms: number; readonly when?: 'before' | 'after' }
  /** Nothing is answered until the client hangs up; `late` = the write is done only then, `ms` later. */
  | { readonly kind: 'silence'; readonly when?: 'before' | 'after' | 'late'; readonly ms?: number }
  | { readonly kind: 'html'; readonly status?: number; readonly when?: 'before' | 'after' }
  | { readonly kind: 'truncate' }
  | { readonly kind: 'expire-sessions' };

/** Which calls a fault hits, and how. Conditions that are absent hold for every call. */
export interface Fault {
  readonly method?: string;
  /** First path segment after /api/, or `login`. */
  readonly type?: string;
  /** Text that the path contains. */
  readonly path?: string;
  /** Text that the request body contains. */
  readonly body?: string;
  /** The first matching call that is hit, from 1. Default 1. */
  readonly nth?: number;
  /** How many matching calls are hit from then on; 0 = all. Default 1. */
  readonly times?: number;
  /** Chance that a call which is due is hit. Default 1. */
  readonly probability?: number;
  readonly effect: FaultEffect;
}

/** A call as faults see it. */
export interface FaultSubject {
  readonly method: string;
  readonly type: string;
  readonly path: string;
  readonly body: string;
}

/** Injected faults of a simulator. */
export interface Faults {
  /** Adds a fault and returns its id. */
  add(fault: Fault): number;
  remove(id: number): boolean;
  clear(): void;
  list(): readonly (Fault & { readonly id: number; readonly matched: number; readonly hit: number })[];
  /** Counts the call and returns the effects that hit it. */
  match(subject: FaultSubject): readonly FaultEffect[];
}

/** Creates an empty set of faults. `random` gives numbers from 0 to 1. */
export function createFaults(random: () => number): Faults {
  const active = new Map<number, { readonly fault: Fault; matched: number; hit: number }>();
  let lastId = 0;
  return {
    add(fault) {
      lastId += 1;
      active.set(lastId, { fault, matched: 0, hit: 0 });
      return lastId;
    },
    remove: (id) => active.delete(id),
    clear: () => active.clear(),
    list: () => [...active].map(([id, { fault, matched, hit }]) => ({ ...fault, id, matched, hit })),
    match(subject) {
      const effects: FaultEffect[] = [];
      for (const state of active.values()) {
        const { fault } = state;
        if (!applies(fault, subject)) continue;
        state.matched += 1;
        const times = fault.times ?? 1;
        if (state.matched < (fault.nth ?? 1) || (times > 0 && state.hit >= times)) continue;
        if (fault.probability !== undefined && random() >= fault.probability) continue;
        state.hit += 1;
        effects.push(fault.effect);
      }
      return effects;
    },
  };
}

function applies(fault: Fault, subject: FaultSubject): boolean {
  if (fault.method !== undefined && fault.method.toUpperCase() !== subject.method) return false;
  if (fault.type !== undefined && fault.type !== subject.type) return false;
  if (fault.path !== undefined && !subject.path.includes(fault.path)) return false;
  return fault.body === undefined || subject.body.includes(fault.body);
}

const effectKinds = ['status', 'drop', 'delay', 'silence', 'html', 'truncate', 'expire-sessions'];

/**
 * Reads a fault from the admin endpoint.
 * @throws ApiError 400 that names the field.
 */
export function parseFault(body: unknown): Fault {
  const effect = isObject(body) ? body['effect'] : undefined;
  if (!isObject(body) || !isObject(effect) || !effectKinds.includes(String(effect['kind']))) {
    throw refuse(400, `effect.kind: must be one of ${effectKinds.join(', ')}`);
  }
  requireNumber('effect.status', effect['status'], effect['kind'] === 'status', 200, 599);
  requireNumber('effect.ms', effect['ms'], effect['kind'] === 'delay', 0, 600_000);
  requireNumber('effect.ms', effect['ms'], false, 0, 600_000);
  for (const field of ['nth', 'times'] as const) requireNumber(field, body[field], false, 0, Number.MAX_SAFE_INTEGER);
  requireNumber('probability', body['probability'], false, 0, 1);
  return body as unknown as Fault;
}

function requireNumber(field: string, value: unknown, required: boolean, low: number, high: number): void {
  if (value === undefined && !required) return;
  if (typeof value === 'number' && value >= low && value <= high) return;
  throw refuse(400, `${field}: must be a number from ${low} to ${high}`);
}
