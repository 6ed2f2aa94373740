import type { Command } from 'commander';
import { adoptCommand } from './adopt.ts';
import { cleanupCommand } from './cleanup.ts';
import { demoCommand } from './demo.ts';
import { diffCommand } from './diff.ts';
import { explainCommand } from './explain.ts';
import { probeCommand } from './probe.ts';
import { programOf } from './program-base.ts';
import { renderCommand } from './render.ts';
import { runCommand } from './run.ts';
import { simulatorCommand } from './simulator.ts';
import { standaloneCommand } from './standalone.ts';

/** The command line; a file a command. */
export function createProgram(): Command {
  return programOf([
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
  ]);
}
