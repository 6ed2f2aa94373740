import type { Command } from 'commander';
import { ConfigError, loadConfig, type Config } from '../config.ts';
import { CommandFailure } from '../main/failure.ts';

/** Flags of every command that reads the configuration, as commander gives them. */
export interface ConfigFlags {
  readonly config?: string;
  readonly clusterName?: string;
}

/** Adds `--config` and `--cluster-name`. */
export function withConfigFlags(command: Command): Command {
  return command
    .option(
      '--config <file>',
      'configuration file (docs/configuration.md); else the environment variable AVI_GATEWAY_CONFIG',
    )
    .option('--cluster-name <name>', 'name of the cluster, a part of every name on the controller');
}

/** Flags of commands that talk to a controller. */
export interface ControllerFlags extends ConfigFlags {
  readonly controller?: readonly string[];
  readonly credentialsDir?: string;
  readonly caFile?: string;
  readonly insecureSkipVerify?: boolean;
}

/** Adds the flags of `withConfigFlags` and those that name the controller. */
export function withControllerFlags(command: Command): Command {
  return withConfigFlags(command)
    .option('--controller <address...>', 'controller nodes: host, host:port or URL', collect)
    .option('--credentials-dir <directory>', 'files username and password; else AVI_USERNAME and AVI_PASSWORD')
    .option('--ca-file <file>', "authorities for the controller's certificate, PEM")
    .option('--insecure-skip-verify', "do not verify the controller's certificate (labs only)");
}

/** Flags of commands that read a cluster. */
export interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Adds `--kubeconfig` and `--context`. */
export function withClusterFlags(command: Command): Command {
  return command
    .option('--kubeconfig <file>', "the cluster; else the pod's own, KUBECONFIG or the default kubeconfig")
    .option('--context <name>', 'context of the kubeconfig');
}

function controllerValues(options: ControllerFlags): Readonly<Record<string, unknown>> {
  return {
    'controller.addresses': options.controller,
    'controller.credentialsDir': options.credentialsDir,
    'controller.tls.caFile': options.caFile,
    'controller.tls.insecureSkipVerify': options.insecureSkipVerify,
  };
}

/** Collects a flag that may be given several times, or once with several values. */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/**
 * Reads the configuration for a command.
 *
 * @param flags more values by key path; `undefined` is "not given".
 * @param exitCode of the failure when the configuration cannot be used.
 * @throws CommandFailure whose message names the key.
 */
export function readConfig(
  options: ControllerFlags,
  settings: {
    readonly flags?: Readonly<Record<string, unknown>>;
    readonly defaults?: Readonly<Record<string, unknown>>;
    readonly exitCode: number;
  },
): Config {
  try {
    return loadConfig({
      ...(options.config !== undefined && { file: options.config }),
      env: process.env,
      defaults: settings.defaults ?? {},
      flags: { clusterName: options.clusterName, ...controllerValues(options), ...settings.flags },
    });
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandFailure(error.message, settings.exitCode, { cause: error });
    throw error;
  }
}

/** Cluster name of commands that work without a cluster, as the design's table of commands has it. */
export const OFFLINE_DEFAULTS = { clusterName: 'cluster1' } as const;
