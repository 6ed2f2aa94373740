import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { adoptCommand } from './adopt.ts';
import { cleanupCommand } from './cleanup.ts';
import { demoCommand } from './demo.ts';
import { diffCommand } from './diff.ts';
import { explainCommand } from './explain.ts';
import { renderCommand } from './render.ts';
import { runCommand } from './run.ts';
import { simulatorCommand } from './simulator.ts';
import { standaloneCommand } from './standalone.ts';

/** Version of the package, from the package.json above src/ or above the bundle. */
export function packageVersion(): string {
  for (const path of ['../../package.json', '../package.json', './package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string }).version;
    } catch {
      continue;
    }
  }
  return 'unknown';
}

/** The command line; a file a command. */
export function createProgram(): Command {
  const program = new Command('avi-gateway')
    .description('Gateway API on VMware Avi Load Balancer (NSX ALB)')
    .version(packageVersion())
    .showHelpAfterError('(run with --help for the flags)')
    .exitOverride();
  const commands = [
    runCommand(),
    standaloneCommand(),
    demoCommand(),
    renderCommand(),
    diffCommand(),
    explainCommand(),
    simulatorCommand(),
    adoptCommand(),
    cleanupCommand(),
  ];
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program));
  return program;
}
