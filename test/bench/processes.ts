/** CPU time and memory of processes, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second, as Linux reports CPU times to programs (USER_HZ). */
const ticksPerSecond = 100;

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly cpuSeconds: number;
}

/** CPU seconds by part, since the processes started. */
export type CpuTimes = Readonly<Record<string, number>>;

/**
 * CPU seconds of this process as `load`, of the processes that are named, and of its other descendants by program.
 *
 * @param named process ids by the name to count them under.
 */
export function cpuTimes(named: ReadonlyMap<number, string>): CpuTimes {
  const all = allProcesses();
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const times: Record<string, number> = {};
  for (const { pid, name, cpuSeconds } of all) {
    if (!descends(pid, parents)) continue;
    const part = pid === process.pid ? 'load' : (named.get(pid) ?? (name === 'bash' ? 'other' : name));
    times[part] = (times[part] ?? 0) + cpuSeconds;
  }
  return times;
}

/** What was used between two readings; parts that used nothing are left out. */
export function cpuBetween(before: CpuTimes, after: CpuTimes): CpuTimes {
  return Object.fromEntries(
    Object.entries(after)
      .map(([part, seconds]) => [part, Math.max(0, seconds - (before[part] ?? 0))] as const)
      .filter(([, seconds]) => seconds > 0.005),
  );
}

/** Resident memory of a process, in MB. */
export function residentMegabytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(line?.[1] ?? 0) / 1024);
}

function descends(pid: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) {
    if (at === process.pid) return true;
  }
  return false;
}

function allProcesses(): readonly ProcessTimes[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.flatMap((pid) => {
    try {
      return [parse(pid, readFileSync(`/proc/${pid}/stat`, 'utf8'))];
    } catch {
      return []; // it has ended
    }
  });
}

/** `pid (name) state ppid … utime stime`, fields 1 to 15 of proc(5); a name may hold spaces and parentheses. */
function parse(pid: number, stat: string): ProcessTimes {
  const [start, end] = [stat.indexOf('('), stat.lastIndexOf(')')];
  const fields = stat.slice(end + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { pid, parent: Number(fields[1]), name: stat.slice(start + 1, end), cpuSeconds: ticks / ticksPerSecond };
}
