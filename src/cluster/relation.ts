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

export function createRelation(): Relation {
  const forward = new Map<string, ReadonlySet<string>>();
  const backward = new Map<string, Set<string>>();

  const link = (subject: string, target: string) => {
    const subjects = backward.get(target);
    if (subjects) subjects.add(subject);
    else backward.set(target, new Set([subject]));
  };
  const unlink = (subject: string, target: string) => {
    const subjects = backward.get(target);
    subjects?.delete(subject);
    if (subjects?.size === 0) backward.delete(target);
  };

  return {
    set: (subject, targets) => {
      const before = forward.get(subject) ?? none;
      const after = new Set(targets);
      for (const target of before) if (!after.has(target)) unlink(subject, target);
      for (const target of after) if (!before.has(target)) link(subject, target);
      if (after.size > 0) forward.set(subject, after);
      else forward.delete(subject);
    },
    of: (subject) => forward.get(subject) ?? none,
    to: (target) => backward.get(target) ?? none,
  };
}
