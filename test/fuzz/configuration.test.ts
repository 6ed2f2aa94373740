/** Configuration files of any content: a frozen value, or an error that names the place and no secret. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { ConfigError, loadConfig } from '../../src/config.ts';
import { configKeys } from '../../src/config/schema.ts';
import { changes, damage, hostileText, hostileValue } from './hostile.ts';
import { fuzz, testMs } from './run.ts';

let folder: string;
beforeAll(() => {
  // The YAML parser warns of odd keys.
  jest.spyOn(process, 'emitWarning').mockReturnValue();
  folder = mkdtempSync(join(tmpdir(), 'avi-gateway-fuzz-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const whole = {
  controller: { addresses: ['avi.example.test'], tls: { insecureSkipVerify: false }, credentialsDir: '/etc/x' },
  clusterName: 'c1',
  vipNetworks: [{ networkName: 'net', cidr: '10.0.0.0/24' }],
  nodeNetworks: [{ networkName: 'nodes', cidrs: ['10.1.0.0/24'] }],
  serviceType: 'NodePort',
  nodeSelector: { key: 'a', value: 'b' },
  drift: { mode: 'report', intervalSeconds: 60 },
  leaderElection: { leaseSeconds: 15 },
};

const file = fc.oneof(
  changes(hostileValue, 5).map((made) => stringify(damage(whole, made, () => true))),
  changes(hostileText, 5).map((made) => stringify(damage(whole, made, (value) => typeof value === 'string'))),
  fc.array(hostileText, { maxLength: 8 }).map((parts) => parts.join('\n')),
  fc.constantFrom(
    'a: &a [*a]',
    'a: &a [1]\nb: &b [*a,*a]\nc: [*b,*b]',
    '? {}\n: 1',
    '--- a\n--- b',
    '!!js/function "x"',
  ),
);
const environment = fc.dictionary(
  fc.constantFrom(
    ...configKeys().map(
      ({ path }) => `AVI_GATEWAY_${path.replace(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase()}`,
    ),
  ),
  hostileText,
  { maxKeys: 3 },
);

it(
  'configuration',
  () =>
    fuzz('configurations', fc.tuple(file, environment), ([text, env]) => {
      const path = join(folder, 'config.yaml');
      writeFileSync(path, text);
      try {
        const config = loadConfig({ file: path, env });
        expect(Object.isFrozen(config)).toBe(true);
        expect(config.clusterName).toMatch(/^[a-zA-Z0-9-_]{1,32}$/);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        expect(error.message).not.toBe('');
      }
    }),
  testMs,
);
