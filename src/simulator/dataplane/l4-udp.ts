import type { L4ListenerOptions } from './l4-dependencies.ts';
import type { Listener } from './listener.ts';
import type { VirtualServiceProgram } from './program.ts';

/** Binds a UDP port. Rejects when it cannot be bound. */
export function openUdpProxy(
  virtualService: VirtualServiceProgram,
  { entrance }: L4ListenerOptions,
): Promise<Listener> {
  return Promise.reject(new Error(`${virtualService.name}: UDP port ${entrance.port} is not simulated`));
}
