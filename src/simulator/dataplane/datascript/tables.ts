import type { ScriptValue } from './context.ts';

/** `avi.vs.table_*`: values that outlive a request, per virtual service. */
export interface ScriptTables {
  readonly lookup: (virtualService: string, table: string, key: string) => ScriptValue;
  /** False when the key is alive: an insert never overwrites. `lifetime` in seconds. */
  readonly insert: (
    virtualService: string,
    table: string,
    key: string,
    value: ScriptValue,
    lifetime: number,
  ) => boolean;
  readonly remove: (virtualService: string, table: string, key: string) => void;
}

interface Entry {
  readonly value: ScriptValue;
  readonly expiresAt: number;
}

const MAX_ENTRIES = 100_000;

/** `now` returns milliseconds. */
export function createScriptTables(now: () => number): ScriptTables {
  const entries = new Map<string, Entry>();
  const id = (...parts: readonly string[]): string => parts.join('\0');
  const alive = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    return entry && entry.expiresAt > now() ? entry : undefined;
  };
  return {
    lookup: (virtualService, table, key) => alive(id(virtualService, table, key))?.value,
    insert: (virtualService, table, key, value, lifetime) => {
      const entry = id(virtualService, table, key);
      if (alive(entry)) return false;
      entries.delete(entry);
      const oldest = entries.size >= MAX_ENTRIES ? entries.keys().next().value : undefined;
      if (oldest !== undefined) entries.delete(oldest);
      entries.set(entry, { value, expiresAt: now() + lifetime * 1000 });
      return true;
    },
    remove: (virtualService, table, key) => void entries.delete(id(virtualService, table, key)),
  };
}
