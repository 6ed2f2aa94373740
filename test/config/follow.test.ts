import { mkdtempSync, symlinkSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import { followConfig } from '../../src/config/follow.ts';
import { eventually } from '../cluster/eventually.ts';

let stop = (): void => undefined;
afterEach(() => stop());

it('sees a ConfigMap that is replaced by a new link, and reports one that cannot be used', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'avi-gateway-follow-'));
  const file = join(directory, 'config.yaml');
  const replace = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    symlinkSync(join(directory, name), join(directory, 'next'));
    renameSync(join(directory, 'next'), file);
  };
  replace('first', 'clusterName: c\nlogLevel: info\n');
  const seen: string[] = [];
  stop = followConfig(
    file,
    () => loadConfig({ file }),
    (config) => seen.push(config.logLevel),
    (error) => seen.push(error.message),
    20,
  );
  replace('second', 'clusterName: c\nlogLevel: debug\n');
  await eventually(() => expect(seen).toEqual(['debug']));
  replace('third', 'clusterName: c\nlogLevel: loud\n');
  await eventually(() => expect(seen[1]).toContain('logLevel'));
});
