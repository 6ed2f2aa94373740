/** Typed reading of stored object bodies. A field of another type counts as absent; the REST side has validated it. */
export type Body = Readonly<Record<string, unknown>>;

function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function text(body: Body | undefined, field: string): string | undefined {
  const value = body?.[field];
  return typeof value === 'string' ? value : undefined;
}

export function number(body: Body | undefined, field: string): number | undefined {
  const value = body?.[field];
  return typeof value === 'number' ? value : undefined;
}

/** `fallback` is Avi's default of the field. */
export function flag(body: Body | undefined, field: string, fallback: boolean): boolean {
  const value = body?.[field];
  return typeof value === 'boolean' ? value : fallback;
}

export function object(body: Body | undefined, field: string): Body | undefined {
  const value = body?.[field];
  return isBody(value) ? value : undefined;
}

export function objects(body: Body | undefined, field: string): readonly Body[] {
  const value = body?.[field];
  return Array.isArray(value) ? value.filter(isBody) : [];
}

export function texts(body: Body | undefined, field: string): readonly string[] {
  const value = body?.[field];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

export function numbers(body: Body | undefined, field: string): readonly number[] {
  const value = body?.[field];
  return Array.isArray(value) ? value.filter((item): item is number => typeof item === 'number') : [];
}

/** The number at the end of enum values like `HTTP_LOCAL_RESPONSE_STATUS_CODE_404`. */
export function trailingNumber(value: string | undefined, fallback: number): number {
  const digits = value?.slice(value.lastIndexOf('_') + 1);
  return digits !== undefined && /^\d+$/.test(digits) ? Number(digits) : fallback;
}

/** Sorts by the field `index`, as policy sets, rules and DataScript sets are ordered; equal indexes keep their order. */
export function byIndex(bodies: readonly Body[]): readonly Body[] {
  return [...bodies].sort((a, b) => (number(a, 'index') ?? 0) - (number(b, 'index') ?? 0));
}
