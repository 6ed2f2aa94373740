/** Records what every golden case renders to now: `npm run -s golden:update [-- CASE…]`. Review reads the diff. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { caseNames, goldenDirectory, record } from './harness.ts';

const wanted = process.argv.slice(2);
for (const name of caseNames.filter((each) => wanted.length === 0 || wanted.includes(each))) {
  const { avi, status } = await record(name);
  writeFileSync(join(goldenDirectory, name, 'avi.json'), avi);
  writeFileSync(join(goldenDirectory, name, 'status.yaml'), status);
}
