import type { PoolProgram } from '../program/program.ts';
import type { Target } from '../decide/target.ts';
import type { ScriptContext, ScriptValue } from './context.ts';

/** A function of `avi.*`. Throwing raises in Lua; the message is what the script sees. */
export type AviFunction = (context: ScriptContext, args: readonly ScriptValue[]) => ScriptValue;

/** A string argument; numbers count as strings, as in Lua. */
export function word(value: ScriptValue, what: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new Error(`${what} must be a string, not ${value === undefined ? 'nil' : typeof value}`);
}

/** A pool or pool group by name. The script may use only what its set refers to. */
export function findTarget(context: ScriptContext, kind: Target['kind'], name: ScriptValue): Target {
  const target = context.script?.targets.get(`${kind} ${word(name, `${kind} name`)}`);
  if (!target) throw new Error(`${kind} ${JSON.stringify(name)} is not referred to by the DataScript set`);
  return target;
}

/** A server of a pool; without a port any with the address. */
export function findServer(
  pool: PoolProgram | undefined,
  address: string,
  port: ScriptValue,
): { address: string; port?: number } {
  const known = pool?.servers.some(
    (server) => server.address === address && (port === undefined || server.port === port),
  );
  if (!known) throw new Error(`server ${address} not found in pool ${pool?.name}`);
  return { address, ...(typeof port === 'number' && { port }) };
}
