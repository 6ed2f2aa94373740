import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isObject } from './document.ts';
import type { ObjectStore } from './object-store.ts';
import type { StoredObject } from './types.ts';

/** Keeps the store in a JSON file, keys of certificates included: mode 0600. */
export interface StateFile {
  /** Resolves when the file holds what the store holds. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const formatVersion = 1;

/** Changes that come together are written together. */
const writeDelayMs = 50;

/**
 * Reads a state file into an empty store.
 * @returns false when there is no such file yet.
 * @throws Error when it is not a state file; the file is left alone.
 */
export function loadState(store: ObjectStore, file: string): boolean {
  if (!existsSync(file)) return false;
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isObject(content) || content['version'] !== formatVersion || !Array.isArray(content['objects'])) {
    throw new Error(
      `State file ${file}: not written by this simulator (version ${formatVersion}). Move it away to start afresh.`,
    );
  }
  store.transaction(() => (content['objects'] as StoredObject[]).forEach((object) => store.put(object)));
  return true;
}

/** Writes the store to the file after each change: to a temporary file first, then renamed over the old one. */
export function keepState(store: ObjectStore, file: string, onError: (error: Error) => void): StateFile {
  let dirty = false;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    while (dirty) {
      dirty = false;
      const content = JSON.stringify({ version: formatVersion, objects: [...store.all()] });
      await writeFile(`${file}.tmp`, content, { mode: 0o600 });
      await rename(`${file}.tmp`, file);
    }
  }

  function flush(): Promise<void> {
    writing ??= write().finally(() => (writing = undefined));
    return writing;
  }

  function schedule(): void {
    if (dirty) return;
    dirty = true;
    setTimeout(() => void flush().catch(onError), writeDelayMs).unref();
  }

  const unsubscribe = store.subscribe(schedule);
  schedule();
  return {
    flush,
    async close() {
      unsubscribe();
      dirty = true;
      await flush();
    },
  };
}
