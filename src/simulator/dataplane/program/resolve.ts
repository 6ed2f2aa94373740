import type { StoredObject } from '../../store/types.ts';

/** Resolves a stored ref while compiling; what it was asked for becomes a dependency of the virtual service. */
export type Resolve = (ref: unknown) => StoredObject | undefined;

/** The uuid at the end of a stored ref (`/api/<type>/<uuid>`), so that a dangling ref is a dependency too. */
export function uuidOf(ref: unknown): string | undefined {
  if (typeof ref !== 'string') return undefined;
  const withoutName = ref.split('#', 1)[0] ?? '';
  return withoutName.slice(withoutName.lastIndexOf('/') + 1) || undefined;
}
