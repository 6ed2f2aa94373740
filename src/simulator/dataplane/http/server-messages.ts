import type { Readable } from 'node:stream';
import type { Upgrade } from './exchange.ts';
import type { WireHeaders } from './header-edit.ts';
import type { ClientRequest } from './request.ts';
import type { RequestBody } from './request-body.ts';

/** A request as it goes to a server. */
export interface Outgoing {
  readonly client: ClientRequest;
  readonly method: string;
  readonly headers: WireHeaders;
  readonly host: string;
  readonly path: string;
  readonly body?: RequestBody;
  /** The protocol that the client wants to change to. */
  readonly upgrade?: string;
  /** Aborted when the client goes away. */
  readonly clientGone: AbortSignal;
  /** A DataScript's choice of server inside the pool. */
  readonly server?: { readonly address: string; readonly port?: number };
}

/** A server's answer whose body has not been read. `done` has to be called when it has been, or will not be. */
export interface Incoming {
  readonly status: number;
  readonly headers: WireHeaders;
  readonly body: Readable;
  /** Complete when the body has ended. */
  readonly trailers: () => WireHeaders;
  readonly discard: () => Promise<void>;
  readonly done: () => void;
  /** Present when the server has left HTTP (101). */
  readonly upgrade?: Upgrade;
}
