/** Which objects have changed since some moment, for who looks at the same thousands again and again. */

export interface ChangeLog {
  note(id: string): void;
  /** Everything may have changed. */
  reset(): void;
  /** A moment; later ones are higher. */
  now(): number;
  /** Ids noted since a moment; undefined when that is not known any more. */
  since(moment: number): ReadonlySet<string> | undefined;
}

/** @param most how many notes are kept at least. */
export function createChangeLog(most = 8_000): ChangeLog {
  let ids: string[] = [];
  /** The moment of the first note that is kept. */
  let first = 0;
  return {
    note: (id) => {
      ids.push(id);
      if (ids.length <= 2 * most) return;
      first += ids.length - most;
      ids = ids.slice(-most);
    },
    reset: () => {
      first += ids.length + 1;
      ids = [];
    },
    now: () => first + ids.length,
    since: (moment) => (moment < first ? undefined : new Set(ids.slice(moment - first))),
  };
}
