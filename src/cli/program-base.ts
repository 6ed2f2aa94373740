import { Command } from 'commander';
import { packageVersion } from './version.ts';

/** A command line with these commands. */
export function programOf(commands: readonly Command[]): Command {
  const program = new Command('avi-gateway')
    .description('Gateway API on VMware Avi Load Balancer (NSX ALB)')
    .version(packageVersion())
    .showHelpAfterError('(run with --help for the flags)')
    .exitOverride();
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program));
  return program;
}
