import { isDeepStrictEqual } from 'node:util';
import { Command } from 'commander';
import type { Config } from '../config.ts';
import { followConfig } from '../config/follow.ts';
import type { Running } from '../main/run.ts';
import { CommandFailure } from '../main/failure.ts';
import {
  readConfig,
  withClusterFlags,
  withControllerFlags,
  type ClusterFlags,
  type ControllerFlags,
} from './options.ts';
import { aborted, untilSignal } from './signals.ts';

/** The log level changes while running; every other key needs a restart, and the log says so. */
function followLogLevel(flags: ControllerFlags, started: Config, { logger }: Running): () => void {
  const file = flags.config ?? process.env.AVI_GATEWAY_CONFIG;
  if (file === undefined) return () => undefined;
  const rest = (config: Config) => ({ ...config, logLevel: undefined });
  return followConfig(
    file,
    () => readConfig(flags, { exitCode: 1 }),
    (config) => {
      logger.setLevel(config.logLevel);
      const restart = isDeepStrictEqual(rest(config), rest(started)) ? '' : '; restart to apply the other changes';
      logger.info(`the configuration has changed, log level ${config.logLevel}${restart}`);
    },
    (error) => logger.warn('the configuration has changed and cannot be used; the one before stays', { error }),
  );
}

async function run(flags: ControllerFlags & ClusterFlags): Promise<void> {
  const stop = untilSignal();
  const config = readConfig(flags, { exitCode: 1 });
  const { composeRun } = await import('../main/run.ts');
  const running = await composeRun(config, stop, flags);
  if (!running) return; // stopped before it began
  const unfollow = followLogLevel(flags, config, running);
  const confirm = () => running.confirmDeletions();
  process.on('SIGUSR2', confirm);
  const lost = await Promise.race([running.ended, aborted(stop)]);
  process.off('SIGUSR2', confirm);
  unfollow();
  await running.stop();
  if (lost) throw new CommandFailure(lost, 1);
}

/** `run`: the operator, against a cluster and a controller, until SIGINT or SIGTERM; SIGUSR2 confirms held deletions. */
export function runCommand(): Command {
  const command = new Command('run').description(
    'the operator, against a cluster (in-cluster or kubeconfig) and an Avi Controller',
  );
  return withClusterFlags(withControllerFlags(command)).action(run);
}
