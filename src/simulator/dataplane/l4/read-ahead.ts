import type { Socket } from 'node:net';

/** Most that a script may read, bytes (the documentation of avi.l4.read). */
export const MAX_COLLECT = 65_000;

/** The start of a client's bytes, read before it is known where they go. */
export interface ReadAhead {
  /** Resolves when so many bytes are there, or no more will come. */
  readonly collect: (bytes: number) => Promise<void>;
  readonly buffered: () => Buffer;
  /** Stops reading; the rest can be read from the socket, unless the client has ended. */
  readonly release: () => { readonly bytes: Buffer; readonly ended: boolean };
}

/** Starts to read. What comes beyond the most that can be collected stays with the client. */
export function readAhead(client: Socket): ReadAhead {
  let bytes = Buffer.alloc(0);
  let ended = false;
  let waiting: { readonly bytes: number; readonly resolve: () => void } | undefined;
  const check = (): void => {
    if (waiting && (ended || bytes.length >= waiting.bytes)) waiting.resolve();
  };
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length >= MAX_COLLECT) client.pause();
    check();
  };
  const onEnd = (): void => {
    ended = true;
    check();
  };
  client.on('data', onData).on('end', onEnd).on('close', onEnd);
  return {
    collect: async (wanted) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting = { bytes: wanted, resolve };
      check();
      await promise;
      waiting = undefined;
    },
    buffered: () => bytes,
    release: () => {
      client.off('data', onData).off('end', onEnd).off('close', onEnd).pause();
      return { bytes, ended };
    },
  };
}
