/** The Linux namespaces that everything runs in: no uplink, and no process that outlives the run. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** What `unshare` gives: a network of its own, and process ids of its own, so that the end of the first ends all. */
const command = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child=SIGKILL', '--mount-proc'];

/** Why the rig of a make target cannot run here; undefined when it can. */
export function missingForNamespaces(target = 'conformance'): string | undefined {
  const rig = `the ${target} rig`;
  if (process.platform !== 'linux') return `${rig} needs Linux: it makes network namespaces`;
  if (process.getuid?.() !== 0) {
    return `${rig} needs root: it makes network namespaces and a bridge. Run \`sudo make ${target}\``;
  }
  for (const program of ['unshare', 'nsenter', 'ip']) {
    if (spawnSync(program, ['--version']).error && spawnSync(program, ['-V']).error) {
      return `${rig} needs the program ${program} (packages util-linux and iproute2)`;
    }
  }
  const [program = '', ...flags] = command;
  const { status, stderr } = spawnSync(program, [...flags, 'ip', 'link', 'add', 'br0', 'type', 'bridge']);
  if (status !== 0) return `${rig} cannot make a bridge in a network namespace: ${stderr.toString().trim()}`;
  return undefined;
}

/** Runs a program in new namespaces, and returns its exit code. `signal` stops it as SIGTERM does. */
export async function runInNamespaces(
  program: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<number> {
  const [unshare = '', ...flags] = command;
  const child = spawn(unshare, [...flags, ...program], { env, stdio: ['pipe', 'inherit', 'inherit'] });
  // `unshare` does not pass signals on: the end of the program's input says it all.
  const stop = () => child.stdin.end();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  const [code] = (await once(child, 'exit')) as [number | null];
  signal?.removeEventListener('abort', stop);
  return code ?? 1;
}
