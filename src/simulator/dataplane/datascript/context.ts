import type { WireHeaders } from '../http/header-edit.ts';
import type { LocalResponse, PoolProgram, Script, ScriptEvent, VirtualServiceProgram } from '../program/program.ts';
import type { Target } from '../decide/target.ts';
import type { ReadAhead } from '../l4/read-ahead.ts';
import type { ClientRequest } from '../http/request.ts';
import type { Redirect } from '../decide/uri.ts';

/** How a script ended the request. */
export type ScriptAnswer =
  | { readonly kind: 'local'; readonly response: LocalResponse; readonly headers: WireHeaders }
  | { readonly kind: 'redirect'; readonly redirect: Redirect }
  | { readonly kind: 'close' };

/** The message that header functions work on. */
export interface ScriptMessage {
  headers: WireHeaders;
}

/** A request that a script makes by itself (`avi.requests.*`). */
export interface ScriptRequest {
  readonly pool: PoolProgram;
  readonly server?: { readonly address: string; readonly port?: number };
  readonly method: string;
  /** Path and query. */
  readonly uri: string;
  readonly headers: WireHeaders;
  readonly body?: Buffer;
}

/** Its answer; the body is cut at 32 KB. */
export interface ScriptReply {
  readonly status: number;
  readonly headers: WireHeaders;
  readonly body: string;
}

/** What the scripts of one request share, over all its events. Scripts change it through the avi functions. */
export interface ScriptContext {
  readonly virtualService: VirtualServiceProgram;
  readonly client: ClientRequest;
  /** The request as it will go to the server: policy edits are in it. */
  readonly request: ScriptMessage & { path: string; query: string };
  /** Present in response events. */
  response?: ScriptMessage & { readonly status: number };
  /** The script that is running. */
  script?: Script;
  /** The first answer stands. */
  answer?: ScriptAnswer;
  /** The last selection stands. */
  selected?: { readonly target: Target; readonly server?: { readonly address: string; readonly port?: number } };
  readonly variables: Map<string, ScriptValue>;
  /** Name of the pool that was chosen, from HTTP_LB_DONE on. */
  pool?: string;
  /** The event that is running. */
  event?: ScriptEvent;
  /** Sends a request out of band; undefined when there was no answer. Never rejects. */
  readonly send: (request: ScriptRequest) => Promise<ScriptReply | undefined>;
  /** What the running script waits for, and what came of it. */
  waiting?: Promise<ScriptReply | undefined>;
  reply?: ScriptReply | undefined;
  /** The connection is not HTTP's, so that its functions are not to be had. */
  readonly belowHttp?: true;
  /** Present in L4_REQUEST: what the client has sent. */
  readonly stream?: Pick<ReadAhead, 'collect' | 'buffered'>;
  /** The script has seen enough of the connection. */
  streamDone?: boolean;
  /** How much of the body scripts asked to be buffered, bytes. */
  bodyLimit?: number;
  /** The buffered start of the body, from HTTP_REQ_DATA on. */
  body?: Buffer;
}

/** A Lua table with string keys. */
export interface ScriptTable {
  readonly [key: string]: ScriptValue;
}

/** Values that cross the border between Lua and JavaScript. */
export type ScriptValue = string | number | boolean | undefined | ScriptTable;
