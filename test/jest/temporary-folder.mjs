import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Every folder that a test makes under the system's temporary folder lies in one of this run, which goes with it. */
export default function setUp() {
  const outer = tmpdir();
  const folder = mkdtempSync(join(outer, 'avi-gateway-tests-'));
  process.env.TMPDIR = folder;
  globalThis.removeTemporaryFolder = () => {
    process.env.TMPDIR = outer;
    rmSync(folder, { recursive: true, force: true });
  };
}
