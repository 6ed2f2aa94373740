/** Writes docs/support.md from the table that the operator itself answers by: `node test/cli/support-page.ts`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { support, type Feature } from '../../src/routing/support.ts';

export const supportPagePath = fileURLToPath(new URL('../../docs/support.md', import.meta.url));

const heading = `# What is supported

Generated from \`src/routing/support.ts\`, the same table that conditions and the GatewayClass's \`supportedFeatures\` are
made from; \`node test/cli/support-page.ts\` writes it, and a test compares. Fields that are not listed are served as the
specification says.

A field or value that is not supported is never dropped in silence: the rule that has it is left out and the route's
PartiallyInvalid (or Accepted) says so with the path of the field, or the listener's conditions do.

**All of it has been proven on the embedded controller only**, not on a real Avi Controller.
`;

function rows(features: readonly Feature[]): string {
  const lines = features.map(({ field, name, support: level, reason }) => {
    const feature = name ? `\`${name}\`` : '';
    return `| \`${field}\` | ${level} | ${reason.replaceAll('|', '\\|')} | ${feature} |`;
  });
  return ['| field | supported | how, or why not | feature of the specification |', '|---|---|---|---|', ...lines].join(
    '\n',
  );
}

/** The page as it should be. */
export function supportPage(): string {
  return `${heading}\n${rows(Object.values<Feature>(support))}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(supportPagePath, supportPage());
