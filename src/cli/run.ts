import { Command } from 'commander';
import { CommandFailure } from './failure.ts';
import { readConfig, withControllerFlags, type ControllerFlags } from './options.ts';
import { aborted, untilSignal } from './signals.ts';

async function run(flags: ControllerFlags): Promise<void> {
  const stop = untilSignal();
  const config = readConfig(flags, { exitCode: 1 });
  const { composeRun } = await import('../main.ts');
  const running = await composeRun(config, stop);
  if (!running) return; // stopped before it began
  const confirm = () => running.confirmDeletions();
  process.on('SIGUSR2', confirm);
  const lost = await Promise.race([running.ended, aborted(stop)]);
  process.off('SIGUSR2', confirm);
  await running.stop();
  if (lost) throw new CommandFailure(lost, 1);
}

/** `run`: the operator, against a cluster and a controller, until SIGINT or SIGTERM; SIGUSR2 confirms held deletions. */
export function runCommand(): Command {
  return withControllerFlags(
    new Command('run').description('the operator, against a cluster (in-cluster or kubeconfig) and an Avi Controller'),
  ).action(run);
}
