import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo } from 'node:net';

/** The port that TCP takes on the address, 0 for any; undefined where it is in use. */
function takeTcp(port: number, address: string): Promise<number | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, address, () => {
      const { port: taken } = server.address() as AddressInfo;
      server.close(() => resolve(taken));
    });
  });
}

function isFreeForUdp(port: number, address: string): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind(port, address, () => socket.close(() => resolve(true)));
  });
}

const attempts = 20;

/**
 * The wanted port where it is free on the address, for TCP and UDP, else one that is.
 *
 * @throws Error when none is found.
 */
export async function choosePort(wanted: number, address: string): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = await takeTcp(attempt === 0 ? wanted : 0, address);
    if (port !== undefined && (await isFreeForUdp(port, address))) return port;
  }
  throw new Error(`${address} has no free port`);
}
