/**
 * A many-to-many relation between names, kept in both directions.
 */
export interface Relation {
  /** Replaces what the subject is related to; nothing removes it. */
  set(subject: string, targets: Iterable<string>): void;
  /** What the subject is related to. */
  of(subject: string): ReadonlySet<string>;
  /** Who is related to the target. */
  to(target: string): ReadonlySet<string>;
}

const none: ReadonlySet<string> = new Set();

/** Most are related to one other only, and thousands of sets of one take a kilobyte a route. */
type Names = string | ReadonlySet<string> | undefined;

function setOf(names: Names): ReadonlySet<string> {
  return typeof names === 'string' ? new Set([names]) : (names ?? none);
}

function packed(names: ReadonlySet<string>): string | ReadonlySet<string> {
  const [only] = names;
  return names.size === 1 && only !== undefined ? only : names;
}

export function createRelation(): Relation {
  const forward = new Map<string, string | ReadonlySet<string>>();
  const backward = new Map<string, string | Set<string>>();

  const link = (subject: string, target: string) => {
    const subjects = backward.get(target);
    if (subjects === undefined) backward.set(target, subject);
    else if (typeof subjects === 'string') backward.set(target, new Set([subjects, subject]));
    else subjects.add(subject);
  };
  const unlink = (subject: string, target: string) => {
    const subjects = backward.get(target);
    if (subjects === subject) backward.delete(target);
    if (subjects === undefined || typeof subjects === 'string') return;
    subjects.delete(subject);
    if (subjects.size === 0) backward.delete(target);
  };

  return {
    set: (subject, targets) => {
      const before = setOf(forward.get(subject));
      const after = new Set(targets);
      for (const target of before) if (!after.has(target)) unlink(subject, target);
      for (const target of after) if (!before.has(target)) link(subject, target);
      if (after.size > 0) forward.set(subject, packed(after));
      else forward.delete(subject);
    },
    of: (subject) => setOf(forward.get(subject)),
    to: (target) => setOf(backward.get(target)),
  };
}
