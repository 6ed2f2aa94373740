import { readFileSync } from 'node:fs';

/** Version of the package, from the package.json above src/ or above the bundle. */
export function packageVersion(): string {
  for (const path of ['../../package.json', '../package.json', './package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string }).version;
    } catch {
      continue;
    }
  }
  return 'unknown';
}
