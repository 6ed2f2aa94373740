import { readFileSync } from 'node:fs';
import type { Config } from '../config.ts';

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Reads the configuration again whenever its file's content changes. Content is compared rather than watched: a
 * mounted ConfigMap changes by a new symbolic link, and a change between reading and watching would be missed.
 *
 * @param read reads and validates; what it throws is given to `onFailure`.
 * @param intervalMs how often to look.
 * @returns how to stop.
 */
export function followConfig(
  file: string,
  read: () => Config,
  onChange: (config: Config) => void,
  onFailure: (error: Error) => void,
  intervalMs = 5000,
): () => void {
  let known = contentOf(file);
  const look = () => {
    const content = contentOf(file);
    if (content === undefined || content === known) return;
    known = content;
    try {
      onChange(read());
    } catch (error) {
      onFailure(error as Error);
    }
  };
  const timer = setInterval(look, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
