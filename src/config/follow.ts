import { unwatchFile, watchFile } from 'node:fs';
import type { Config } from '../config.ts';

/**
 * Reads the configuration again whenever its file changes; a mounted ConfigMap changes by a new symbolic link, which
 * looking at the time of the file that it leads to finds.
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
  const look = () => {
    try {
      onChange(read());
    } catch (error) {
      onFailure(error as Error);
    }
  };
  watchFile(file, { interval: intervalMs, persistent: false }, look);
  return () => unwatchFile(file, look);
}
