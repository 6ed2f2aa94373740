import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { generateAvi, swaggerFiles } from '../../crds/generate/avi.ts';
import { extensionFiles, extensionFolder, generateExtensions } from '../../crds/generate/extensions.ts';
import { crdFiles, crdFolder, generateGatewayApi } from '../../crds/generate/gateway-api.ts';
import {
  aviSwaggerFolder,
  describeGenerator,
  digest,
  digestFiles,
  gatewayApiModule,
  readUpstream,
  root,
} from '../../crds/generate/upstream.ts';

const upstream = readUpstream();
const generated = (name: string) => readFileSync(join(root, 'generated', name), 'utf8');

describe('generated/', () => {
  it('was made by the generator as it is (else: make generate)', () => {
    expect(describeGenerator()).toEqual(upstream.generator);
  });

  it.each(Object.entries({ ...upstream.gatewayApi.outputs, ...upstream.avi.outputs, ...upstream.extensions.outputs }))(
    '%s is as it was generated',
    (name, recorded) => {
      expect(digest(generated(name))).toBe(recorded);
    },
  );

  it('comes out the same from the pinned Gateway API module', async () => {
    const { folder, version } = gatewayApiModule();
    expect(version).toBe(upstream.gatewayApi.version);
    expect(digestFiles(join(folder, crdFolder), crdFiles(folder))).toEqual(upstream.gatewayApi.inputs);
    for (const [name, text] of Object.entries(await generateGatewayApi(folder, version))) {
      expect({ name, same: text === generated(name) }).toEqual({ name, same: true });
    }
  }, 300_000);

  it('comes out the same from our CRDs', async () => {
    expect(digestFiles(extensionFolder, extensionFiles())).toEqual(upstream.extensions.inputs);
    for (const [name, text] of Object.entries(await generateExtensions())) {
      expect({ name, same: text === generated(name) }).toEqual({ name, same: true });
    }
  });

  const swagger = aviSwaggerFolder();
  if (swagger === undefined)
    process.stderr.write("Avi's swagger is not at hand (AVI_SWAGGER_DIR): only digests are compared\n");
  (swagger ? it : it.skip)(
    "comes out the same from Avi's swagger",
    async () => {
      const folder = swagger ?? '';
      expect(digestFiles(folder, swaggerFiles(folder))).toEqual(upstream.avi.inputs);
      for (const [name, text] of Object.entries(await generateAvi(folder))) {
        expect({ name, same: text === generated(name) }).toEqual({ name, same: true });
      }
    },
    60_000,
  );
});
