import type { Readable } from 'node:stream';
import { limited } from './limits.ts';

/** A request's body on its way to a server. Only a body that no server has got may be sent to another one. */
export interface RequestBody {
  /** Whether it may have been sent, wholly or in part. */
  readonly isSpent: () => boolean;
  /** The first bytes, up to `limit` where there are as many; they are sent all the same. */
  readonly peek: (limit: number) => Promise<Buffer>;
  /** Hands it out, once. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** Nothing is read before it is asked for. `limit` in bytes, 0 for none; see `limited`. */
export function streamBody(source: Readable, limit: number): RequestBody {
  const chunks = limited(source.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>, limit);
  const buffered: Uint8Array[] = [];
  let spent = false;
  return {
    isSpent: () => spent,
    peek: async (most) => {
      let size = 0;
      while (size < most) {
        const next = await chunks.next();
        if (next.done) break;
        buffered.push(next.value);
        size += next.value.length;
      }
      return Buffer.concat(buffered).subarray(0, most);
    },
    async *open() {
      spent = true;
      yield* buffered;
      yield* chunks;
    },
  };
}

/** A body that is there already, and may be sent any number of times. */
export function bufferBody(content: Buffer): RequestBody {
  return {
    isSpent: () => false,
    peek: (limit) => Promise.resolve(content.subarray(0, limit)),
    async *open() {
      yield await Promise.resolve(content);
    },
  };
}
