/** Whether two lists hold the same values in the same order. */
export function sameItems<T>(a: readonly T[], b: readonly T[], same: (a: T, b: T) => boolean = Object.is): boolean {
  return a.length === b.length && a.every((item, place) => same(item, b[place] as T));
}
