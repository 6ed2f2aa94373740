import { Command } from 'commander';
import { adoptCommand } from './adopt.ts';
import { cleanupCommand } from './cleanup.ts';
import { demoCommand } from './demo.ts';
import { diffCommand } from './diff.ts';
import { explainCommand } from './explain.ts';
import { probeCommand } from './probe.ts';
import { renderCommand } from './render.ts';
import { runCommand } from './run.ts';
import { simulatorCommand } from './simulator.ts';
import { standaloneCommand } from './standalone.ts';
import { packageVersion } from './version.ts';

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
    probeCommand(),
    cleanupCommand(),
  ];
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program));
  return program;
}
