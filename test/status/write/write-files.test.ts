import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { parse } from 'yaml';
import { createStatusFiles } from '../../../src/status/write-files.ts';
import type { StatusUpdate } from '../../../src/status/update.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(60_000);

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'statuses-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const update = (message: string): StatusUpdate => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { namespace: 'infra', name: 'gw', generation: 3 },
  status: { conditions: [{ type: 'Accepted', message }] },
});

function start(directory: string | undefined) {
  const given: StatusUpdate[] = [];
  const failures: string[] = [];
  const files = createStatusFiles({
    ...(directory === undefined ? {} : { directory }),
    setStatus: (status) => void given.push(status),
    onFailure: (resource, error) => void failures.push(`${resource}: ${error.message}`),
  });
  return { files, given, failures };
}

describe('status files', () => {
  it('write one file an object, and only when it changes', async () => {
    const directory = join(parent, 'made', 'here');
    const { files, given } = start(directory);
    files.submit([update('one')]);
    files.submit([update('one')]);
    await files.idle();
    expect(given).toHaveLength(1);
    expect(readdirSync(directory)).toEqual(['gateway.infra.gw.yaml']);
    expect(parse(readFileSync(join(directory, 'gateway.infra.gw.yaml'), 'utf8'))).toEqual(update('one'));
    files.submit([update('two')]);
    await files.idle();
    expect(given).toHaveLength(2);
    expect(files.isOwn('Gateway', 'infra/gw', update('two').status)).toBe(true);
    expect(files.isOwn('Gateway', 'infra/gw', update('one').status)).toBe(false);
  });

  it('remove the file of an object that is gone', async () => {
    const { files } = start(parent);
    files.submit([update('one')]);
    files.forget('Gateway', 'infra/gw');
    await files.idle();
    expect(readdirSync(parent)).toEqual([]);
  });

  it('keep statuses in memory only without a directory', async () => {
    const { files, given } = start(undefined);
    files.submit([update('one')]);
    await files.idle();
    expect(given).toHaveLength(1);
  });

  it('say why a file cannot be written', async () => {
    writeFileSync(join(parent, 'file'), '');
    const { files, failures } = start(join(parent, 'file', 'below'));
    files.submit([update('one')]);
    while (failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    files.stop();
    expect(failures[0]).toMatch(/^Gateway\/infra\/gw: ENOTDIR/);
  });
});
