import { createInterface } from 'node:readline/promises';
import { CommandFailure } from '../main/failure.ts';

/**
 * Asks the user at the terminal.
 *
 * @param yes the flag that answers in advance.
 * @throws CommandFailure with exit code 1 when there is nobody to ask.
 */
export async function confirm(question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY) throw new CommandFailure('nothing was changed: confirm with --yes', 1);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
