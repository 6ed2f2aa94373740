/** Writes `generated/` and `crds/upstream.json`; `make generate` runs it. Without Avi's swagger, Avi's part stays. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aviVersion, generateAvi, swaggerFiles } from './avi.ts';
import { extensionFiles, extensionFolder, generateExtensions } from './extensions.ts';
import { crdFiles, crdFolder, generateGatewayApi } from './gateway-api.ts';
import { mapValues } from './schema-prose.ts';
import {
  type Digests,
  type Source,
  aviSwaggerFolder,
  describeGenerator,
  digest,
  digestFiles,
  gatewayApiModule,
  readUpstream,
  root,
  upstreamFile,
} from './upstream.ts';

function write(outputs: Record<string, string>): Digests {
  for (const [name, text] of Object.entries(outputs)) writeFileSync(join(root, 'generated', name), text);
  return mapValues(outputs, (text) => digest(text as string)) as Digests;
}

async function gatewayApi(): Promise<Source> {
  const { folder, version } = gatewayApiModule();
  const outputs = write(await generateGatewayApi(folder, version));
  const inputs = digestFiles(join(folder, crdFolder), crdFiles(folder));
  return { version, origin: 'Go module sigs.k8s.io/gateway-api, config/crd/standard', inputs, outputs };
}

async function avi(): Promise<Source> {
  const folder = aviSwaggerFolder();
  if (folder === undefined) {
    const unchanged = JSON.stringify(describeGenerator()) === JSON.stringify(readUpstream().generator);
    const missing = 'Avi: no swagger found; set AVI_SWAGGER_DIR to the folder swagger/ of vmware/alb-sdk.';
    if (!unchanged) throw new Error(`${missing} The generator has changed, so Avi's part must be generated again.`);
    console.log(`${missing} Its part is unchanged.`);
    return readUpstream().avi;
  }
  const outputs = write(await generateAvi(folder));
  const inputs = digestFiles(folder, swaggerFiles(folder));
  return { version: aviVersion, origin: 'vmware/alb-sdk, branch eng, swagger', inputs, outputs };
}

async function extensions(): Promise<Source> {
  const outputs = write(await generateExtensions());
  const inputs = digestFiles(extensionFolder, extensionFiles());
  return { version: 'ours', origin: 'crds/extensions', inputs, outputs };
}

const upstream = {
  generator: describeGenerator(),
  gatewayApi: await gatewayApi(),
  avi: await avi(),
  extensions: await extensions(),
};
writeFileSync(upstreamFile, `${JSON.stringify(upstream, undefined, 2)}\n`);
