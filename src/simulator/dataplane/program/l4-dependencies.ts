import type { ScriptEngine } from '../datascript/engine.ts';
import type { Entrance } from '../http/incoming.ts';
import type { Pools } from '../pools/pools.ts';
import type { Random } from '../../random.ts';

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
