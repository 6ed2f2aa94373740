import type { L4ListenerOptions } from '../program/l4-dependencies.ts';
import type { Listener } from '../listener.ts';
import { openTcpProxy } from './l4-tcp.ts';
import { openUdpProxy } from './l4-udp.ts';
import type { VirtualServiceProgram } from '../program/program.ts';

/** Binds a port of a virtual service whose application profile is L4 or SSL. Rejects when it cannot be bound. */
export async function openL4Listener(
  virtualService: VirtualServiceProgram,
  options: L4ListenerOptions,
): Promise<Listener> {
  if (options.entrance.transport === 'other') throw new Error('SCTP is not simulated');
  const open = options.entrance.transport === 'udp' ? openUdpProxy : openTcpProxy;
  return open(virtualService, options);
}
