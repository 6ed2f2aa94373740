import document from '../../../generated/avi.schema.json' with { type: 'json' };

/** The part of JSON Schema that `generated/avi.schema.json` uses. */
export interface SchemaNode {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly readOnly?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly allOf?: readonly SchemaNode[];
  readonly 'x-avi-ref'?: string;
}

/** `generated/avi.schema.json`. */
export interface SchemaDocument {
  readonly components: { readonly schemas: Readonly<Record<string, SchemaNode>> };
}

/** How one property is treated when objects are filled, resolved and rendered. */
export interface Field {
  readonly name: string;
  /** REST type that the value (or each element) refers to, as `pool`. */
  readonly ref?: string;
  /** Shape of the value or of each element, when that is an object. */
  readonly shape?: Shape;
  readonly list: boolean;
  /** Value which the controller fills in when the property is absent. */
  readonly fill?: unknown;
  readonly readOnly: boolean;
  /** Accepted on writes, never in a reply. */
  readonly secret: boolean;
}

/** Properties of one schema. Shapes may contain one another. */
export interface Shape {
  readonly kind: string;
  readonly fields: ReadonlyMap<string, Field>;
  /** Fields with a `fill` value. */
  readonly filled: readonly Field[];
  /** Something below needs rewriting in a reply: a reference or a secret. */
  rewritten: boolean;
}

/** One REST type. */
export interface ObjectType {
  /** REST path name, as `virtualservice`. */
  readonly type: string;
  /** Name in error texts and of the schema, as `VirtualService`. */
  readonly kind: string;
  readonly shape: Shape;
  /** Names are unique per tenant and cloud instead of per tenant. */
  readonly cloudScoped: boolean;
}

/** All REST types that the controller serves. */
export interface Catalogue {
  readonly schemas: Readonly<Record<string, SchemaNode>>;
  readonly types: ReadonlyMap<string, ObjectType>;
}

const notObjects = /(Inventory|Config|Runtime|Summary|Detail)$/;
const secretFields = new Set([
  'key_passphrase',
  'password',
  'shared_secret',
  'client_secret',
  'server_secret',
  'secret_access_key',
  'private_key',
]);

/** Zeros that a controller returns although the swagger leaves falsy defaults out (avi-model.md 4.4). */
const zeros: Readonly<Record<string, readonly string[]>> = {
  Pool: [
    'max_concurrent_connections_per_server',
    'server_timeout',
    'min_health_monitors_up',
    'min_servers_up',
    'capacity_estimation_ttfb_thresh',
  ],
  PoolGroup: ['min_servers'],
  VirtualService: ['min_pools_up', 'max_cps_per_client'],
};

/** `generated/avi.schema.json`; part of the bundle, so it is found wherever the program runs. */
export const schemaDocument: SchemaDocument = document;

/** Builds the type catalogue from a schema document. */
export function createCatalogue(document: SchemaDocument): Catalogue {
  const schemas = document.components.schemas;
  const shapes = new Map<string, Shape>();
  const types = new Map<string, ObjectType>();
  for (const [kind, schema] of Object.entries(schemas)) {
    if (notObjects.test(kind) && kind !== 'SystemConfiguration') continue;
    if (schema.properties?.['uuid'] === undefined || schema.properties['url'] === undefined) continue;
    const shape = shapeOf(kind, schemas, shapes);
    types.set(kind.toLowerCase(), {
      type: kind.toLowerCase(),
      kind,
      shape,
      cloudScoped: shape.fields.has('cloud_ref'),
    });
  }
  markRewritten(shapes);
  return { schemas, types };
}

function shapeOf(kind: string, schemas: Readonly<Record<string, SchemaNode>>, shapes: Map<string, Shape>): Shape {
  const known = shapes.get(kind);
  if (known) return known;
  const fields = new Map<string, Field>();
  const filled: Field[] = [];
  const shape: Shape = { kind, fields, filled, rewritten: false };
  shapes.set(kind, shape);
  for (const [name, node] of Object.entries(schemas[kind]?.properties ?? {})) {
    const field = fieldOf(kind, name, node, schemas, shapes);
    fields.set(name, field);
    if (field.fill !== undefined) filled.push(field);
  }
  return shape;
}

function fieldOf(
  kind: string,
  name: string,
  node: SchemaNode,
  schemas: Readonly<Record<string, SchemaNode>>,
  shapes: Map<string, Shape>,
): Field {
  const list = node.type === 'array';
  const value = list ? (node.items ?? {}) : node;
  const target = targetOf(value) ?? targetOf(node);
  const ref = /_refs?$/.test(name) || value['x-avi-ref'] !== undefined ? value['x-avi-ref'] : undefined;
  const fill = fillOf(kind, name, node);
  return {
    name,
    list,
    readOnly: node.readOnly === true,
    secret: secretFields.has(name) || (kind === 'SSLKeyAndCertificate' && name === 'key'),
    ...(ref === undefined ? {} : { ref: ref.toLowerCase() }),
    ...(target === undefined || schemas[target] === undefined ? {} : { shape: shapeOf(target, schemas, shapes) }),
    ...(fill === undefined ? {} : { fill }),
  };
}

function targetOf(node: SchemaNode): string | undefined {
  const ref = node.$ref ?? node.allOf?.[0]?.$ref;
  return ref?.slice(ref.lastIndexOf('/') + 1);
}

function fillOf(kind: string, name: string, node: SchemaNode): unknown {
  if (node.readOnly) return undefined;
  if (node.default !== undefined) return node.default;
  if (node.type === 'boolean') return false;
  return zeros[kind]?.includes(name) ? 0 : undefined;
}

function markRewritten(shapes: ReadonlyMap<string, Shape>): void {
  let changed = true;
  while (changed) {
    changed = false;
    for (const shape of shapes.values()) {
      if (shape.rewritten) continue;
      shape.rewritten = [...shape.fields.values()].some(
        (field) => field.ref !== undefined || field.secret || field.shape?.rewritten,
      );
      changed ||= shape.rewritten;
    }
  }
}
