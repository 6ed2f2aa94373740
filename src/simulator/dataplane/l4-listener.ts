import type { ScriptEngine } from './datascript/engine.ts';
import type { Entrance } from './incoming.ts';
import type { Listener } from './listener.ts';
import { openTcpProxy } from './l4-tcp.ts';
import { openUdpProxy } from './l4-udp.ts';
import type { Pools } from './pools.ts';
import type { VirtualServiceProgram } from './program.ts';
import type { Random } from './random.ts';

/** What connections and flows below HTTP need. */
export interface L4Dependencies {
  readonly pools: Pools;
  readonly random: Random;
  readonly scripts: ScriptEngine;
  readonly log: (message: string) => void;
}

export interface L4ListenerOptions extends L4Dependencies {
  readonly entrance: Entrance;
  /** The port to bind, after the port map. */
  readonly boundPort: number;
}

/** Binds a port of a virtual service whose application profile is L4 or SSL. Rejects when it cannot be bound. */
export async function openL4Listener(
  virtualService: VirtualServiceProgram,
  options: L4ListenerOptions,
): Promise<Listener> {
  if (options.entrance.transport === 'other') throw new Error('SCTP is not simulated');
  const open = options.entrance.transport === 'udp' ? openUdpProxy : openTcpProxy;
  return open(virtualService, options);
}
