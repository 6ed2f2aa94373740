import { redact } from './render.ts';

/** One write that reached the controller, with its body but without secrets. */
export interface WriteRecord {
  readonly sequence: number;
  /** ms since the epoch. */
  readonly time: number;
  readonly method: string;
  readonly path: string;
  readonly type: string;
  readonly tenant: string;
  /** Tells sessions apart; absent without one. */
  readonly session?: string;
  /** Status of the reply; 0 when the connection was dropped. */
  readonly status: number;
  readonly body?: unknown;
}

/** What a simulator counted since its start or reset. */
export interface Stats {
  readonly calls: number;
  /** `GET pool` → count. Logins are `POST login`. */
  readonly byCall: Readonly<Record<string, number>>;
  /** Status → count. */
  readonly byStatus: Readonly<Record<string, number>>;
  readonly sessionsCreated: number;
  readonly inFlight: number;
  readonly inFlightMax: number;
  /** POST, PUT, PATCH and DELETE below /api, oldest first. */
  readonly writes: readonly WriteRecord[];
  /** Moments in which a virtual service lost the last member of something that it serves from. */
  readonly emptied: readonly EmptiedRecord[];
}

/** A pool or pool group in use that had members and then had none. */
export interface EmptiedRecord {
  readonly time: number;
  readonly type: 'pool' | 'poolgroup';
  readonly name: string;
  /** Names of the virtual services that serve from it. */
  readonly virtualServices: readonly string[];
}

/** Counts calls. */
export interface StatsRecorder {
  begin(): void;
  end(): void;
  call(method: string, type: string, status: number): void;
  write(record: Omit<WriteRecord, 'sequence'>): void;
  session(): void;
  emptied(record: EmptiedRecord): void;
  read(): Stats;
  reset(): void;
}

/** Creates a recorder that keeps the last `logSize` writes. */
export function createStats(logSize: number): StatsRecorder {
  let counters = fresh();
  let inFlight = 0;
  return {
    begin() {
      inFlight += 1;
      counters.inFlightMax = Math.max(counters.inFlightMax, inFlight);
    },
    end() {
      inFlight -= 1;
    },
    call(method, type, status) {
      counters.calls += 1;
      count(counters.byCall, `${method} ${type}`);
      count(counters.byStatus, String(status));
    },
    write(record) {
      counters.sequence += 1;
      const body = record.body === undefined ? {} : { body: redact(record.body) };
      counters.writes.push({ ...record, ...body, sequence: counters.sequence });
      if (counters.writes.length > 2 * logSize) counters.writes.splice(0, counters.writes.length - logSize);
    },
    session() {
      counters.sessionsCreated += 1;
    },
    emptied: (record) => void counters.emptied.push(record),
    read() {
      const { calls, byCall, byStatus, sessionsCreated, inFlightMax, writes, emptied } = counters;
      return {
        calls,
        byCall: { ...byCall },
        byStatus: { ...byStatus },
        sessionsCreated,
        inFlight,
        inFlightMax,
        writes: writes.slice(-logSize),
        emptied: [...emptied],
      };
    },
    reset() {
      counters = { ...fresh(), inFlightMax: inFlight };
    },
  };
}

interface Counters {
  calls: number;
  readonly byCall: Record<string, number>;
  readonly byStatus: Record<string, number>;
  sessionsCreated: number;
  inFlightMax: number;
  sequence: number;
  readonly writes: WriteRecord[];
  readonly emptied: EmptiedRecord[];
}

function fresh(): Counters {
  return {
    calls: 0,
    byCall: {},
    byStatus: {},
    sessionsCreated: 0,
    inFlightMax: 0,
    sequence: 0,
    writes: [],
    emptied: [],
  };
}

function count(counters: Record<string, number>, key: string): void {
  counters[key] = (counters[key] ?? 0) + 1;
}
