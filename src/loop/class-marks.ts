/** GatewayClasses whose status is to be written, those that are marked together at once. */

export interface ClassMarks {
  /** Marks a class by its name. */
  mark(name: string): void;
  /** Begins to write; what was marked before is written then. */
  start(): void;
}

/** @param write called for each marked class, not within `mark`. */
export function createClassMarks(write: (name: string) => void): ClassMarks {
  const names = new Set<string>();
  let isStarted = false;
  const writeAll = (): void => {
    for (const name of names) write(name);
    names.clear();
  };
  return {
    mark(name) {
      if (isStarted && names.size === 0) queueMicrotask(writeAll);
      names.add(name);
    },
    start() {
      isStarted = true;
      if (names.size > 0) queueMicrotask(writeAll);
    },
  };
}
