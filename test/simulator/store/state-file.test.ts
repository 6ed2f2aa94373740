import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import { login } from '../client.ts';

describe('a state file', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'simulator-state-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('brings everything back, references, system objects and allocated addresses among it', async () => {
    const stateFile = join(directory, 'sub', 'state.json');
    const options = { tls: false, dataPlane: false, stateFile };
    const first = await startSimulator(options);
    const client = await login(first);
    await client.create('vsvip', { name: 'vip', vip: [{ auto_allocate_ip: true }] });
    const vs = await client.create('virtualservice', { name: 'vs', vsvip_ref: '/api/vsvip?name=vip' });
    await first.close();

    const second = await startSimulator(options);
    const again = await login(second);
    expect(await again.list('/api/virtualservice')).toMatchObject([
      { uuid: vs['uuid'], _last_modified: vs['_last_modified'] },
    ]);
    expect((await again.call('DELETE', `/api/vsvip/${second.store.list('vsvip')[0]?.uuid}`)).status).toBe(403);
    const other = await again.create('vsvip', { name: 'vip2', vip: [{ auto_allocate_ip: true }] });
    expect(other['vip']).toMatchObject([{ ip_address: { addr: '127.10.0.2' } }]);
    expect(second.store.list('healthmonitor').filter((object) => object.name === 'System-TCP')).toHaveLength(1);
    await second.close();
  });

  it('is written after each change, not only at the end', async () => {
    const stateFile = join(directory, 'state.json');
    const simulator = await startSimulator({ tls: false, dataPlane: false, stateFile });
    const client = await login(simulator);
    for (const name of ['first', 'second']) {
      await client.create('pool', { name });
      while (!existsSync(stateFile) || !readFileSync(stateFile, 'utf8').includes(`"name":"${name}"`)) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    await simulator.close();
  });

  it('is private and leaves no temporary file', async () => {
    const stateFile = join(directory, 'state.json');
    const simulator = await startSimulator({ tls: false, dataPlane: false, stateFile });
    await simulator.close();
    expect(statSync(stateFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['state.json']);
  });

  it('that is something else is refused and left alone', async () => {
    const stateFile = join(directory, 'state.json');
    writeFileSync(stateFile, '{"mine":true}');
    await expect(startSimulator({ tls: false, dataPlane: false, stateFile })).rejects.toThrow(
      /State file .*state\.json/,
    );
    expect(readFileSync(stateFile, 'utf8')).toBe('{"mine":true}');
  });
});
