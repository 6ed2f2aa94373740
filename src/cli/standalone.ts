import { Command } from 'commander';
import type { Problem } from '../routing/result/findings.ts';
import { createLogger } from '../telemetry/log.ts';
import { collect, OFFLINE_DEFAULTS, readConfig, withControllerFlags, type ControllerFlags } from './options.ts';
import { describeProblem } from './render.ts';
import { aborted, untilSignal } from './signals.ts';
import { parsePortMap } from './simulator.ts';

interface Flags extends ControllerFlags {
  readonly filename: readonly string[];
  readonly statusDir?: string;
  readonly vipPool?: string;
  readonly portMap?: Readonly<Record<number, number>>;
}

/** Says each problem once, as long as it stays. */
function problemReporter(): (problems: readonly Problem[]) => void {
  let known = new Set<string>();
  return (problems) => {
    const lines = new Set(problems.map(describeProblem));
    for (const line of lines) if (!known.has(line)) process.stderr.write(`avi-gateway: ${line}\n`);
    known = lines;
  };
}

async function standalone(flags: Flags): Promise<void> {
  const stop = untilSignal();
  const config = readConfig(flags, { defaults: OFFLINE_DEFAULTS, exitCode: 1 });
  const { composeStandalone } = await import('../main.ts');
  const embedded = config.controller.addresses.length === 0;
  const running = await composeStandalone({
    config,
    paths: flags.filename,
    ...(flags.statusDir !== undefined && { statusDir: flags.statusDir }),
    ...(embedded && {
      simulator: {
        ...(flags.vipPool !== undefined && { vipPool: flags.vipPool }),
        ...(flags.portMap && { portMap: flags.portMap }),
      },
    }),
    logger: createLogger(config.logLevel, process.stderr),
    onProblems: problemReporter(),
  });
  process.stdout.write(`watching ${flags.filename.join(', ')}; controller ${running.controllerUrl}\n`);
  await aborted(stop);
  await running.stop();
}

/** `standalone`: a watched directory in place of a cluster. */
export function standaloneCommand(): Command {
  return withControllerFlags(
    new Command('standalone')
      .description(
        'no Kubernetes: a watched directory of manifests is the source; without --controller the embedded one is used',
      )
      .requiredOption('-f, --filename <path...>', 'files and directories of manifests', collect)
      .option('--status-dir <directory>', 'where statuses are written, a file an object')
      .option('--vip-pool <cidr>', 'addresses of the embedded controller (default 127.10.0.0/24)')
      .option(
        '--port-map <pairs>',
        'ports that the embedded controller really binds, as 80=8080,443=8443',
        parsePortMap,
      ),
  ).action(standalone);
}
