import type { AddressInfo, Server } from 'node:net';

/** Address that the backends and the simulated Service Engine listen on. */
export const LOOPBACK = '127.0.0.1';

/** A running backend server of the sample application; it listens on LOOPBACK. */
export interface Backend {
  /** Name of the Service that it belongs to. */
  readonly service: string;
  /** Name of the Service's port. */
  readonly portName: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

/** A backend, and how it ends with its connections. */
export interface Running {
  readonly backend: Backend;
  readonly close: () => void;
}

/** Listens on a free loopback port and returns it. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, LOOPBACK, () => resolve((server.address() as AddressInfo).port));
  });
}
