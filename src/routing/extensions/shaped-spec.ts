/**
 * Specs of rules that nothing refers to, reduced to what their CRDs describe. AKO's own CRDs, which may be the ones installed, let
 * more through than ours, and no reading may throw; what is not of the described type is as if it were not there.
 */
import document from '../../../generated/extensions.schema.json' with { type: 'json' };
import type { HostRule, HTTPRule, L4Rule, SSORule } from '../../../generated/extensions.ts';
import { record } from '../../values/read.ts';
import type { AttachedKind } from './extension-kinds.ts';

interface Node {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
}

interface Specs {
  readonly HTTPRule: HTTPRule['spec'];
  readonly HostRule: HostRule['spec'];
  readonly L4Rule: L4Rule['spec'];
  readonly SSORule: SSORule['spec'];
}

/** Objects never change. */
const known = new WeakMap<object, object>();

/** The spec of a rule; undefined where it lacks what it must have. */
export function shapedSpec<K extends AttachedKind>(
  kind: K,
  resource: { readonly spec: unknown },
): Specs[K] | undefined {
  const found = known.get(resource);
  if (found) return record(found).spec as Specs[K] | undefined;
  const spec = shaped(resource.spec, specNode(kind));
  known.set(resource, { spec });
  return spec as Specs[K] | undefined;
}

function specNode(kind: AttachedKind): Node {
  const kinds: Readonly<Record<string, { readonly schema: unknown }>> = document.kinds;
  return record(record(kinds[kind]?.schema).properties).spec as Node;
}

/** The value as far as it is of the type; undefined where it is not, or lacks what is required. */
function shaped(value: unknown, node: Node): unknown {
  if (node.enum && !node.enum.includes(value)) return undefined;
  switch (node.type) {
    case 'object':
      return shapedObject(value, node);
    case 'array':
      return Array.isArray(value)
        ? present((value as readonly unknown[]).map((item) => shaped(item, node.items ?? {})))
        : undefined;
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    default:
      return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
  }
}

function shapedObject(value: unknown, { properties = {}, required = [] }: Node): object | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const given: Readonly<Record<string, unknown>> = record(value);
  const fields = Object.entries(properties).flatMap(([field, node]) => {
    const found = Object.hasOwn(given, field) ? shaped(given[field], node) : undefined;
    return found === undefined ? [] : [[field, found] as const];
  });
  const result = Object.fromEntries(fields);
  return required.every((field) => field in result) ? result : undefined;
}

function present(values: readonly unknown[]): readonly unknown[] {
  return values.filter((value) => value !== undefined);
}
