import openapiTypescript, { astToString } from 'openapi-typescript';
import { type Schema } from './schema-prose.ts';

/**
 * Writes TypeScript types for schemas: one exported type a schema, under the schema's name, deeply readonly. Fields with
 * a default stay optional, as they are in a manifest or a request.
 */
export async function typesOf(schemas: Schema, header: string): Promise<string> {
  const document = { openapi: '3.1.0', info: { title: 'schemas', version: '1' }, paths: {}, components: { schemas } };
  const nodes = await openapiTypescript(JSON.stringify(document), {
    alphabetize: true,
    defaultNonNullable: false,
    immutable: true,
    silent: true,
  });
  // The library's own root types change a name's case (HTTPRoute becomes HttpRoute).
  const names = Object.keys(schemas).sort();
  const exports = names.map((name) => `export type ${name} = components['schemas']['${name}'];`).join('\n');
  return `${header}\n\n${astToString(nodes)}${exports}\n`;
}
