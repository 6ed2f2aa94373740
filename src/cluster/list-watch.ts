/**
 * A list-watch that does not lose anything: paged list, watch with bookmarks, resume by resourceVersion, new list and
 * comparison after 410 Gone, and retries for ever. It never ends the process.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createBackoff } from './backoff.ts';
import { readLines } from './lines.ts';
import { createKnownObjects, type ObjectChange, type WatchedObject } from './known-objects.ts';

/** The part of a fetch response that is used. */
export interface TransportResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
  json(): Promise<unknown>;
  text(): Promise<string>;
}

/** Sends a GET to the API server. */
export type Transport = (
  path: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<TransportResponse>;

export interface ListWatchTimings {
  /** Limit for one page of a list. */
  readonly listTimeoutMs: number;
  /** A watch that brings nothing for so long, not even a bookmark (they come each minute), is cut and resumed. */
  readonly idleMs: number;
  /** The server ends a watch after a random time of these, in seconds. */
  readonly watchSeconds: readonly [number, number];
  readonly backoffMs: readonly [number, number];
  /** A watch that lived so long has proven the connection: the backoff starts over. */
  readonly provenMs: number;
}

export const defaultTimings: ListWatchTimings = {
  listTimeoutMs: 60_000,
  idleMs: 150_000,
  watchSeconds: [300, 600],
  backoffMs: [100, 30_000],
  provenMs: 5_000,
};

export interface ListWatchOptions {
  readonly transport: Transport;
  /** Path of the collection, as `/apis/gateway.networking.k8s.io/v1/gateways`. */
  readonly path: string;
  /** Filled into the items of lists of built-in kinds, which come without. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly fieldSelector?: string;
  /** What an earlier watch has reported: only what is different is reported again. */
  readonly initial?: Iterable<WatchedObject>;
  /** Called for each change in order. Whatever it throws is reported as a failure and does not stop the watch. */
  readonly onChange: (change: ObjectChange) => void;
  /** Called after each complete list. */
  readonly onListed?: () => void;
  /** Called for each failure, before the retry. */
  readonly onFailure?: (error: Error) => void;
  readonly timings?: Partial<ListWatchTimings>;
  readonly pageSize?: number;
}

export interface ListWatch {
  /** Ends it; no change is reported afterwards. */
  stop(): void;
  /** Settles after `stop`. */
  readonly done: Promise<void>;
}

/** An answer of the API server that is not what was asked for. */
export class ApiFailure extends Error {
  readonly code: number;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, code: number, retryAfterMs?: number) {
    super(message);
    this.name = 'ApiFailure';
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The server ended the watch at once and without an event; asking again at once would be a busy loop. */
class ShortWatch extends Error {}

interface List {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly WatchedObject[];
}

interface WatchLine {
  readonly type: string;
  readonly object: WatchedObject & {
    readonly code?: number;
    readonly message?: string;
    readonly details?: { readonly retryAfterSeconds?: number };
  };
}

export function startListWatch(options: ListWatchOptions): ListWatch {
  const timings = { ...defaultTimings, ...options.timings };
  const stopped = new AbortController();
  const backoff = createBackoff(...timings.backoffMs);
  const report = (change: ObjectChange) => {
    if (stopped.signal.aborted) return;
    try {
      options.onChange(change);
    } catch (error) {
      options.onFailure?.(asError(error));
    }
  };
  const known = createKnownObjects(options, report, options.initial);

  const fixed: Readonly<Record<string, string>> = options.fieldSelector ? { fieldSelector: options.fieldSelector } : {};
  const get = (query: Readonly<Record<string, string>>, signal: AbortSignal) =>
    send(options.transport, options.path, { ...query, ...fixed }, signal);

  const list = async (): Promise<string> => {
    const seen: WatchedObject[] = [];
    let page: List | undefined;
    do {
      const query: Record<string, string> = { limit: String(options.pageSize ?? 500) };
      if (page?.metadata?.continue) query.continue = page.metadata.continue;
      const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(timings.listTimeoutMs)]);
      page = (await (await get(query, signal)).json()) as List;
      seen.push(...(page.items ?? []));
    } while (page.metadata?.continue);
    known.replace(seen);
    return page.metadata?.resourceVersion ?? '';
  };

  /**
   * Whether the server is behind a version that it gave us: its storage was restored from a backup. A watch from there
   * would bring nothing, without an error, until the server's versions have passed ours.
   */
  const isBehind = async (version: string): Promise<boolean> => {
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(timings.listTimeoutMs)]);
    const page = (await (await get({ limit: '1' }, signal)).json()) as List;
    const now = page.metadata?.resourceVersion ?? '';
    return /^\d+$/.test(now) && /^\d+$/.test(version) && BigInt(now) < BigInt(version);
  };

  /** Follows the changes from a version on. @returns whether it lasted as long as was asked for. */
  const watch = async (from: string, progress: (version?: string) => void): Promise<boolean> => {
    const idle = new AbortController();
    const timer = setTimeout(() => idle.abort(new Error(`No sign of life for ${timings.idleMs} ms`)), timings.idleMs);
    const started = performance.now();
    let established = false;
    const seconds = randomBetween(...timings.watchSeconds);
    let events = 0;
    try {
      const query = {
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: from,
        timeoutSeconds: String(seconds),
      };
      const response = await get(query, AbortSignal.any([stopped.signal, idle.signal]));
      established = true;
      for await (const line of readLines(response.body, () => timer.refresh())) {
        const { type, object } = JSON.parse(line) as WatchLine;
        if (type === 'ERROR') throw failureOfStatus(object);
        events += 1;
        backoff.reset();
        if (type !== 'BOOKMARK') known.apply(type, object);
        if (object.metadata?.resourceVersion) progress(object.metadata.resourceVersion);
      }
    } finally {
      clearTimeout(timer);
      // A server that was away may come back with its storage restored from a backup: only a list tells.
      if (!established) progress(undefined);
      if (performance.now() - started >= timings.provenMs) backoff.reset();
    }
    if (events === 0 && performance.now() - started < 1_000) throw new ShortWatch('The watch ended at once');
    return performance.now() - started >= (seconds - 1) * 1_000;
  };

  const run = async (): Promise<void> => {
    let version: string | undefined;
    /** The last watch was cut: the server that comes back may be another one. */
    let cut = false;
    while (!stopped.signal.aborted) {
      try {
        if (version !== undefined && cut && (await isBehind(version))) version = undefined;
        if (version === undefined) {
          version = await list();
          options.onListed?.();
        }
        cut = true;
        cut = !(await watch(version, (reached) => (version = reached)));
      } catch (caught) {
        if (stopped.signal.aborted) return;
        const error = asError(caught);
        if (isGone(error)) version = undefined;
        if (!(error instanceof ShortWatch)) options.onFailure?.(error);
        await pause(Math.max(backoff.next(), (error as Partial<ApiFailure>).retryAfterMs ?? 0), stopped.signal);
      }
    }
  };

  return { stop: () => stopped.abort(new Error('The watch was stopped')), done: run() };
}

/**
 * One GET of a JSON object.
 * @throws ApiFailure for any status but 200.
 */
export async function fetchJson(
  transport: Transport,
  path: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<unknown> {
  return (await send(transport, path, query, signal)).json();
}

async function send(
  ...[transport, path, query, signal]: [Transport, ...Parameters<Transport>]
): Promise<TransportResponse> {
  const response = await transport(path, query, signal);
  if (response.status !== 200) throw await failureOf(response, path);
  return response;
}

/** The version that was asked for has been compacted: only a new list helps. */
function isGone(error: Error): boolean {
  return error instanceof ApiFailure && error.code === 410;
}

async function failureOf(response: TransportResponse, path: string): Promise<ApiFailure> {
  const text = await response.text().catch(() => '');
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined;
  return new ApiFailure(`GET ${path}: ${response.status} ${messageOf(text)}`, response.status, retryAfterMs);
}

function failureOfStatus({ code, message, details }: WatchLine['object']): ApiFailure {
  const seconds = details?.retryAfterSeconds;
  return new ApiFailure(message ?? 'The watch failed', code ?? 500, seconds === undefined ? undefined : seconds * 1000);
}

/** The message of a Status object, else the beginning of the text. */
function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: string };
    return message ?? '';
  } catch {
    return text.slice(0, 200);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

function randomBetween(low: number, high: number): number {
  return Math.floor(low + Math.random() * (high - low));
}

function asError(caught: unknown): Error {
  return caught instanceof Error ? caught : new Error(String(caught));
}
