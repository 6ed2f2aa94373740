/**
 * Statuses without an API server: one YAML file an object, and back into the objects that the file provider holds.
 */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import { keyOf } from '../routing/snapshot.ts';
import type { StatusUpdate } from './update.ts';
import { createLanes } from './write-lanes.ts';
import type { StatusWriter } from './writer.ts';

export interface StatusFilesOptions {
  /** Directory of the files, made when it is missing; absent: statuses are kept in memory only. */
  readonly directory?: string;
  /** Gives the object its status, as a write to the API server would (`FileProvider.setStatus`). */
  readonly setStatus: (update: StatusUpdate) => void;
  readonly onFailure: (resource: string, error: Error) => void;
}

export interface StatusFiles extends StatusWriter {
  /** Removes the file of an object that is gone. */
  forget(kind: string, key: string): void;
}

/** `gateway.infra.shared.yaml`: kind, namespace and name; DNS names have no character that a file system minds. */
export function statusFileName(kind: string, key: string): string {
  return `${kind.toLowerCase()}.${key.replace('/', '.')}.yaml`;
}

export function createStatusFiles(options: StatusFilesOptions): StatusFiles {
  const { directory } = options;
  const sent = new Map<string, unknown>();

  const lanes = createLanes<{ readonly kind: string; readonly key: string; readonly text: string | undefined }>({
    // One at a time: files are quick, and a status and its removal keep their order.
    concurrency: 1,
    backoffMs: [1_000, 60_000],
    work: async ({ kind, key, text }) => {
      if (directory === undefined) return;
      const path = join(directory, statusFileName(kind, key));
      if (text === undefined) return rm(path, { force: true });
      await mkdir(directory, { recursive: true });
      // A reader sees the old file or the new one, never half of one.
      await writeFile(`${path}.tmp`, text);
      await rename(`${path}.tmp`, path);
    },
    onFailure: ({ kind, key }, error) => options.onFailure(`${kind}/${key}`, error),
  });

  return {
    submit: (updates) => {
      for (const update of updates) {
        const key = keyOf(update.metadata);
        const id = `${update.kind}/${key}`;
        if (isDeepStrictEqual(sent.get(id), update.status)) continue;
        sent.set(id, update.status);
        options.setStatus(update);
        lanes.submit(id, { kind: update.kind, key, text: stringify(update, { aliasDuplicateObjects: false }) });
      }
    },
    forget: (kind, key) => {
      const id = `${kind}/${key}`;
      if (sent.delete(id)) lanes.submit(id, { kind, key, text: undefined });
    },
    setClassInUse: () => undefined,
    isOwn: (kind, key, status) => isDeepStrictEqual(sent.get(`${kind}/${key}`), status),
    idle: () => lanes.idle(),
    stop: () => lanes.stop(),
  };
}
