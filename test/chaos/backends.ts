import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Pods of all Services: one server, known by the address that it was called at. */
export interface Backends {
  readonly port: number;
  /** An address that no pod has had. */
  readonly fresh: (service: string) => string;
  /** Pods that are not among these get their time to end, and break connections after it. */
  readonly living: (addresses: Iterable<string>) => void;
  readonly close: () => Promise<void>;
}

/** How long a pod goes on serving after its endpoint went: terminationGracePeriodSeconds is 30 by default. */
const TERMINATION_MS = 30_000;

/** `network` as 127.70.3: Services take its neighbours. */
export async function startBackends(
  network: readonly [number, number],
  services: readonly string[],
): Promise<Backends> {
  const used = new Map(services.map((service) => [service, 0]));
  const ended = new Map<string, number>();
  const known = new Set<string>();
  const serviceOf = (address: string): string => services[Number(address.split('.')[2]) - network[1]] ?? '?';
  const server = createServer({ keepAliveTimeout: 600_000 }, (req, res) => {
    const address = req.socket.localAddress ?? '';
    const end = ended.get(address);
    if (end !== undefined && Date.now() - end > TERMINATION_MS) {
      req.socket.destroy();
      return;
    }
    req
      .resume()
      .on('end', () => res.writeHead(200, { 'X-Service': serviceOf(address), 'X-Pod': address }).end('served'));
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    fresh: (service) => {
      const last = (used.get(service) ?? 0) + 1;
      used.set(service, last);
      const address = `127.${network[0]}.${network[1] + services.indexOf(service)}.${last}`;
      known.add(address);
      return address;
    },
    living: (addresses) => {
      const alive = new Set(addresses);
      for (const address of known) if (!alive.has(address) && !ended.has(address)) ended.set(address, Date.now());
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
