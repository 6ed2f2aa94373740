import type { Command } from 'commander';
import { programOf } from './program-base.ts';
import { runCommand } from './run.ts';

/** The command line with nothing but `run`: what the other commands need is large, and a cluster never uses it. */
export function createProgram(): Command {
  return programOf([runCommand()]);
}
