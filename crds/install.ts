/** Applies the Gateway API's standard CRDs of the pinned module, server-side; `make install-crds` runs it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type InstalledCrd, installObstacles } from './bundle-version.ts';
import { crdFolder } from './generate/gateway-api.ts';
import { gatewayApiModule } from './generate/upstream.ts';

const kubectl = process.env.KUBECTL ?? 'kubectl';

function installedCrds(): readonly InstalledCrd[] {
  const reply = execFileSync(kubectl, ['get', 'customresourcedefinitions', '-o', 'json'], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  const { items } = JSON.parse(reply) as { items: readonly InstalledCrd[] };
  return items.filter(({ metadata }) => metadata.name.endsWith('.gateway.networking.k8s.io'));
}

const { folder, version } = gatewayApiModule();
const obstacles = installObstacles(installedCrds(), version);
if (obstacles.length > 0) {
  console.error(`Gateway API CRDs ${version} not applied:\n  ${obstacles.join('\n  ')}`);
  process.exit(1);
}
execFileSync(kubectl, ['apply', '--server-side', '-f', join(folder, crdFolder)], { stdio: 'inherit' });
