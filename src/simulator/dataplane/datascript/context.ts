import type { WireHeaders } from '../header-edit.ts';
import type { LocalResponse, Script, Target, VirtualServiceProgram } from '../program.ts';
import type { ClientRequest } from '../request.ts';
import type { Redirect } from '../uri.ts';

/** How a script ended the request. */
export type ScriptAnswer =
  | { readonly kind: 'local'; readonly response: LocalResponse; readonly headers: WireHeaders }
  | { readonly kind: 'redirect'; readonly redirect: Redirect }
  | { readonly kind: 'close' };

/** The message that header functions work on. */
export interface ScriptMessage {
  headers: WireHeaders;
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
}

/** Values that cross the border between Lua and JavaScript. */
export type ScriptValue = string | number | boolean | undefined | Record<string, string>;
