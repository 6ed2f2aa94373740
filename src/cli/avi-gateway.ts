#!/usr/bin/env node
/** Entry point of the command line. */
import { CommanderError } from 'commander';
import { CommandFailure } from '../main/failure.ts';

/** Exit code of wrong flags and arguments; the same for every command. */
const USAGE_EXIT_CODE = 2;

/** One clear line for the user; the stack only when asked for. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_CODE; // commander has printed it
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`avi-gateway: ${message}\n`);
  if (process.env.AVI_GATEWAY_STACK && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  return error instanceof CommandFailure ? error.exitCode : 1;
}

try {
  const isRun = process.argv[2] === 'run';
  const { createProgram } = await (isRun ? import('./program-run.ts') : import('./program.ts'));
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
