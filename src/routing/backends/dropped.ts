/** Why a rule cannot be implemented: the field that is to blame, and a reason that tells what to do. */

export interface Dropped {
  /** Path in the route, as `spec.rules[1].filters[0].cors`. */
  readonly field: string;
  readonly message: string;
}

/** A value, or why the rule that needs it is dropped. */
export type Read<T> = { readonly value: T } | { readonly dropped: Dropped };

export function value<T>(result: T): Read<T> {
  return { value: result };
}

/** Reads each of a list, with its path; dropped with the first that is. */
export function readEach<M, T>(
  manifests: readonly M[],
  path: string,
  read: (manifest: M, path: string) => Read<T>,
): Read<readonly T[]> {
  const values: T[] = [];
  for (const [index, manifest] of manifests.entries()) {
    const one = read(manifest, `${path}[${index}]`);
    if ('dropped' in one) return one;
    values.push(one.value);
  }
  return value(values);
}

export function drop(field: string, message: string): { readonly dropped: Dropped } {
  return { dropped: { field, message } };
}
