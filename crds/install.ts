/** Applies the Gateway API's standard CRDs of the pinned module and ours, server-side; `make install-crds` runs it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { foreignCrds, type InstalledCrd, installObstacles } from './bundle-version.ts';
import { extensionFiles, extensionFolder } from './generate/extensions.ts';
import { crdFolder } from './generate/gateway-api.ts';
import { gatewayApiModule } from './generate/upstream.ts';

const kubectl = process.env.KUBECTL ?? 'kubectl';

function installedCrds(): readonly InstalledCrd[] {
  const reply = execFileSync(kubectl, ['get', 'customresourcedefinitions', '-o', 'json'], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  const { items } = JSON.parse(reply) as { items: readonly InstalledCrd[] };
  return items;
}

const { folder, version } = gatewayApiModule();
const installed = installedCrds();
const obstacles = installObstacles(
  installed.filter(({ metadata }) => metadata.name.endsWith('.gateway.networking.k8s.io')),
  version,
);
if (obstacles.length > 0) {
  console.error(`Gateway API CRDs ${version} not applied:\n  ${obstacles.join('\n  ')}`);
  process.exit(1);
}
execFileSync(kubectl, ['apply', '--server-side', '-f', join(folder, crdFolder)], { stdio: 'inherit' });

const extensions = extensionFiles().map((file) => {
  const path = join(extensionFolder, file);
  return { path, name: (parse(readFileSync(path, 'utf8')) as InstalledCrd).metadata.name };
});
const foreign = foreignCrds(
  installed,
  extensions.map(({ name }) => name),
);
for (const name of foreign) console.error(`${name} is installed by somebody else and is left as it is`);
const files = extensions.filter(({ name }) => !foreign.includes(name)).flatMap(({ path }) => ['-f', path]);
if (files.length > 0) execFileSync(kubectl, ['apply', '--server-side', ...files], { stdio: 'inherit' });
