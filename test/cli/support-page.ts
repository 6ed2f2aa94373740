/** Writes docs/support.md from the table that the operator itself answers by: `node test/cli/support-page.ts`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { supportByKind } from '../../src/routing/support.ts';
import type { Feature, Features } from '../../src/routing/support/feature.ts';

export const supportPagePath = fileURLToPath(new URL('../../docs/support.md', import.meta.url));

const heading = `# What is supported

Every field of the Gateway API's standard channel v1.7.0, kind by kind. Generated from \`src/routing/support/\`, the same
tables that conditions and the GatewayClass's \`supportedFeatures\` are made from; \`node test/cli/support-page.ts\` writes
the page. Tests find every field of the CRDs in it, every Avi field that it names in what golden cases render to, and every
refusal that it names in what the routing says of an example. [translation.md](translation.md) says how the Avi objects work together.

**All of it has been proven on the embedded controller only**, not on a real Avi Controller.

Nothing that is not supported is left out in silence:

* *rule dropped*: the rule is left out, the others serve. The route has \`PartiallyInvalid=True/UnsupportedValue\` with the
  path of the field and the reason, or, when no rule remains, \`Accepted=False/UnsupportedValue\`; and there is an Event.
* *field ignored*: the rest is served; the message of \`Accepted\` names the field and the reason, and so does an Event of the
  Gateway.
* A condition stands in the status of the object that has the field, or of its listener, or of its parentRef.

Fields marked *experimental* are in the CRDs of the experimental channel only: with the standard ones the API server does not
take them. A row with *field, circumstance* speaks of that case only.
`;

const columns = ['field', 'supported', 'on Avi', 'limits, or why not', 'the user sees', 'feature of the specification'];

/** Fields of one object are written once, as `spec.from[].{group,kind}`. */
function pathsOf(fields: readonly string[]): string {
  const parents = fields.map((field) => field.slice(0, field.lastIndexOf('.')));
  const [parent] = parents;
  if (fields.length < 2 || parents.some((other) => other !== parent)) {
    return fields.map((field) => `\`${field}\``).join(', ');
  }
  return `\`${parent}.{${fields.map((field) => field.slice(field.lastIndexOf('.') + 1)).join(',')}}\``;
}

function fieldCell({ fields, values, when, experimental }: Feature): string {
  const paths = pathsOf(fields);
  const meant = [...(values ?? []), ...(when ? [`*${when}*`] : []), ...(experimental ? ['*experimental*'] : [])];
  return [paths, ...meant].join(', ');
}

function rowOf(feature: Feature): string {
  const { support, avi, reason, says, name, sameAs } = feature;
  const mapped = [sameAs && `as ${sameAs === 'HTTPRoute' ? 'an' : 'a'} ${sameAs}’s`, avi].filter(Boolean).join('; ');
  const cells = [fieldCell(feature), support, mapped, reason ?? '', says ?? '', name ? `\`${name}\`` : ''];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** The standard channel's spec, then what it does not have, then the status. */
function placeOf({ fields, experimental }: Feature): number {
  if (fields[0] === 'status') return 2;
  return experimental || !fields[0]?.startsWith('spec') ? 1 : 0;
}

function table(kind: string, features: Features): string {
  const lines = [columns, columns.map(() => '---')].map((cells) => `| ${cells.join(' | ')} |`);
  const rows = Object.values(features).toSorted((a, b) => placeOf(a) - placeOf(b));
  return [`## ${kind}`, '', ...lines, ...rows.map(rowOf)].join('\n');
}

/** The page as it should be. */
export function supportPage(): string {
  const tables = Object.entries(supportByKind).map(([kind, features]) => table(kind, features));
  return `${heading}\n${tables.join('\n\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(supportPagePath, supportPage());
