/**
 * A reader of `generated/avi.schema.json`: which fields an Avi type has and which value the controller fills in for
 * one that was not sent.
 */
import type { AviType } from '../../translate/desired.ts';

/** A JSON schema node as the generator writes it. */
export interface SchemaNode {
  readonly $ref?: string;
  readonly type?: string;
  readonly default?: unknown;
  readonly readOnly?: boolean;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

/** The document: definitions under `$defs`, `definitions` or `components.schemas`. */
export interface AviSchemaDocument {
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
  readonly definitions?: Readonly<Record<string, SchemaNode>>;
  readonly components?: { readonly schemas: Readonly<Record<string, SchemaNode>> };
}

/** Looks fields up; undefined is a field that the schema does not know. */
export interface AviSchema {
  object(type: AviType): SchemaNode | undefined;
  property(node: SchemaNode | undefined, field: string): SchemaNode | undefined;
  items(node: SchemaNode | undefined): SchemaNode | undefined;
}

const definitionNames: Readonly<Record<AviType, string>> = {
  sslkeyandcertificate: 'SSLKeyAndCertificate',
  pkiprofile: 'PKIProfile',
  sslprofile: 'SSLProfile',
  healthmonitor: 'HealthMonitor',
  applicationprofile: 'ApplicationProfile',
  applicationpersistenceprofile: 'ApplicationPersistenceProfile',
  pool: 'Pool',
  poolgroup: 'PoolGroup',
  stringgroup: 'StringGroup',
  httppolicyset: 'HTTPPolicySet',
  l4policyset: 'L4PolicySet',
  vsdatascriptset: 'VSDataScriptSet',
  vsvip: 'VsVip',
  virtualservice: 'VirtualService',
};

/** The types that the operator writes, in the order in which they refer to one another. */
export const aviTypes = Object.keys(definitionNames) as readonly AviType[];

/** @param document the parsed `generated/avi.schema.json`. */
export function aviSchema(document: AviSchemaDocument): AviSchema {
  const definitions = document.$defs ?? document.definitions ?? document.components?.schemas ?? {};
  const follow = (node: SchemaNode | undefined): SchemaNode | undefined => {
    const name = node?.$ref?.split('/').at(-1);
    if (!node || name === undefined) return node;
    const target = definitions[name];
    return target && node.default !== undefined ? { ...target, default: node.default } : target;
  };
  return {
    object: (type) => definitions[definitionNames[type]],
    property: (node, field) => follow(node?.properties?.[field]),
    items: (node) => follow(node?.items),
  };
}
