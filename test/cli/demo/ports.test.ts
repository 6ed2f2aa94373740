import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { choosePort } from '../../../src/cli/demo/ports.ts';

const address = '127.0.0.1';
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function takenByTcp(): Promise<number> {
  const server = createServer().listen(0, address);
  cleanups.push(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function takenByUdp(): Promise<number> {
  const socket = createSocket('udp4').bind(0, address);
  cleanups.push(() => socket.close());
  await once(socket, 'listening');
  return socket.address().port;
}

describe('choosePort', () => {
  it.each([
    ['TCP', takenByTcp],
    ['UDP', takenByUdp],
  ])('takes another port where %s has the wanted one', async (_, take) => {
    const taken = await take();
    const chosen = await choosePort(taken, address);
    expect(chosen).not.toBe(taken);
    expect(chosen).toBeGreaterThan(0);
  });

  it('takes the wanted port where it is free', async () => {
    const free = await choosePort(0, address);
    expect(await choosePort(free, address)).toBe(free);
  });
});
