import type { Shape } from './catalogue.ts';

/** A JSON object that is being written. */
export type Draft = Record<string, unknown>;

/** True for JSON objects: not null, not a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The elements of a list of objects; nothing for anything else. */
export function objects(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Text, or undefined for anything else. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Fills absent properties with the controller's defaults, false and 0 among them, in every object that is present. */
export function fillDefaults(draft: Draft, shape: Shape): void {
  for (const field of shape.filled) {
    draft[field.name] ??= field.list && Array.isArray(field.fill) ? [...(field.fill as unknown[])] : field.fill;
  }
  forEachChild(draft, shape, fillDefaults);
}

/** Removes properties that the schema does not have, as a real controller does in silence. */
export function pruneUnknown(draft: Draft, shape: Shape): void {
  for (const name of Object.keys(draft)) {
    if (!shape.fields.has(name)) delete draft[name];
  }
  forEachChild(draft, shape, pruneUnknown);
}

/** Removes read-only properties, which clients send back after a GET. */
export function pruneReadOnly(draft: Draft, shape: Shape): void {
  for (const name of Object.keys(draft)) {
    if (shape.fields.get(name)?.readOnly) delete draft[name];
  }
  forEachChild(draft, shape, pruneReadOnly);
}

/** The object without properties that have their default value (`skip_default=true`). */
export function withoutDefaults(body: Readonly<Record<string, unknown>>, shape: Shape): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    const field = shape.fields.get(name);
    if (field?.fill !== undefined && field.fill === value) continue;
    kept[name] = field?.shape ? mapObjects(value, (child) => withoutDefaults(child, field.shape as Shape)) : value;
  }
  return kept;
}

/** Applies a function to an object, or to each object of a list; other values stay as they are. */
export function mapObjects(value: unknown, map: (child: Readonly<Record<string, unknown>>) => unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => (isObject(element) ? map(element) : (element as unknown)));
  return isObject(value) ? map(value) : value;
}

function forEachChild(draft: Draft, shape: Shape, visit: (child: Draft, childShape: Shape) => void): void {
  for (const name of Object.keys(draft)) {
    const childShape = shape.fields.get(name)?.shape;
    if (!childShape) continue;
    const value = draft[name];
    if (Array.isArray(value)) value.filter(isObject).forEach((element) => visit(element, childShape));
    else if (isObject(value)) visit(value, childShape);
  }
}
