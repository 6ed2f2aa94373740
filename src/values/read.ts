/**
 * Readers for manifests. The API server validates what we watch, but a file or an older CRD may not; whatever the
 * content, reading never throws: what is not of the expected shape is absent.
 */

/** The value as an object; empty when it is none. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

/** The value as a list without null entries; empty when it is none. */
export function list<T>(value: readonly T[] | null | undefined): readonly NonNullable<T>[] {
  return Array.isArray(value) ? value.filter((entry): entry is NonNullable<T> => entry != null) : [];
}

/** The value as text; undefined when it is none. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The value as an integer; undefined when it is none. */
export function integer(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

/** A port number, 1 to 65535; undefined for anything else. */
export function portNumber(value: unknown): number | undefined {
  const port = integer(value);
  return port !== undefined && port >= 1 && port <= 65535 ? port : undefined;
}

/** Namespace and name of a `namespace/name` key. */
export function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Milliseconds since the epoch of an RFC 3339 time; without one the object counts as the youngest. */
export function ageOf(creationTimestamp: string | undefined): number {
  const parsed = creationTimestamp === undefined ? Number.NaN : Date.parse(creationTimestamp);
  return Number.isNaN(parsed) ? Number.POSITIVE_INFINITY : parsed;
}

/** Order by code units, which is the specification's alphabetical order for names; the locale has no say. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The specification's tie-break: the oldest object, then the first by `namespace/name`. */
export function compareAge(
  a: { readonly createdAt?: string; readonly key: string },
  b: { readonly createdAt?: string; readonly key: string },
): number {
  if (a.createdAt !== b.createdAt) {
    const left = ageOf(a.createdAt);
    const right = ageOf(b.createdAt);
    if (left !== right) return left < right ? -1 : 1;
  }
  return compareText(a.key, b.key);
}
