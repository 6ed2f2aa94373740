import type { Catalogue } from '../store/catalogue.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { RuntimeReader } from '../store/types.ts';
import type { Writer } from '../store/writer.ts';
import type { Session } from './session.ts';

/** What every endpoint works with. */
export interface Controller {
  readonly store: ObjectStore;
  readonly catalogue: Catalogue;
  readonly writer: Writer;
  readonly runtime: RuntimeReader;
  /** The controller's version, and the highest X-Avi-Version it accepts. */
  readonly version: string;
  readonly startedAt: Date;
}

/** One authenticated API call. */
export interface Call {
  readonly method: string;
  /** Path without query, slashes normalised. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON, or the raw text where it is none. */
  readonly body: unknown;
  /** Scheme and host that the client used, as `https://127.0.0.1:9443`. */
  readonly origin: string;
  /** Tenant name, or `*` for all. */
  readonly tenant: string;
  /** X-Avi-Version as sent. */
  readonly version?: string;
  /** Uuid that the client wants for a created object (header Slug). */
  readonly slug?: string;
  readonly session?: Session;
}

/** What an endpoint answers. A text body is sent as it is, anything else as JSON. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export type Handler = (call: Call) => Reply;
