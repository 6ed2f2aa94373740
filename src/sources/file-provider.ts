/**
 * A directory of manifests in place of an API server: it is read again whenever it changes, and what is different goes
 * through the same handlers as a watch's events.
 *
 * It behaves as an API server would whose user applies the directory: an object that is refused stays as it was, and so
 * do the objects of a file that cannot be parsed.
 */
import { stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { dispatch, type Handlers } from '../handlers/handlers.ts';
import type { Problem } from '../routing/result/findings.ts';
import { keyOf } from '../routing/snapshot.ts';
import type { StatusUpdate } from '../status/update.ts';
import type { Admitted } from '../cluster/admission.ts';
import { watchedKinds } from '../cluster/kinds.ts';
import {
  admitDocuments,
  findFiles,
  identity,
  parseManifests,
  readFiles,
  withNamespaces,
  type FoundFile,
  type ManifestFile,
} from '../cluster/manifests.ts';
import type { ClusterState } from '../cluster/state.ts';

export interface FileProviderOptions {
  /** Directories or files. */
  readonly paths: readonly string[];
  readonly state: ClusterState;
  readonly handlers: Handlers;
  /** RFC 3339. */
  readonly now: () => string;
  /** Called after each reading with everything that was refused or ignored. */
  readonly onProblems: (problems: readonly Problem[]) => void;
  /** How often to look for changes; a change is read when it has settled for as long. */
  readonly pollMs?: number;
}

export interface FileProvider {
  /** Reads for the first time and begins to look for changes; all sources are synced afterwards. */
  start(): Promise<void>;
  /** Reads now, whether something changed or not. */
  reload(): Promise<void>;
  /** Gives an object its new status, as the API server does for a write of the status subresource. */
  setStatus(update: StatusUpdate): void;
  stop(): void;
}

interface Held {
  readonly admitted: Admitted;
  readonly file: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

export function createFileProvider(options: FileProviderOptions): FileProvider {
  const { state, handlers, paths } = options;
  const pollMs = options.pollMs ?? 300;
  let held: ReadonlyMap<string, Held> = new Map();
  let version = 0;
  let readSignature = '';
  let pendingSignature = '';
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let lastFailure = '';

  const apply = (files: readonly ManifestFile[]) => {
    const now = options.now();
    const parsed = parseManifests(files);
    const result = admitDocuments(parsed.documents, now);
    const kept = [...held].filter(([id, { file }]) => result.refused.has(id) || parsed.unreadable.has(file ?? ''));
    const wanted = new Map(kept.map(([id, entry]) => [id, entry.admitted]));
    for (const admitted of result.objects) wanted.set(identity(admitted), admitted);

    const next = new Map<string, Held>();
    for (const admitted of withNamespaces([...wanted.values()], now).toSorted(byKind)) {
      const id = identity(admitted);
      const file = result.files.get(id) ?? held.get(id)?.file;
      next.set(id, { admitted: settle(held.get(id)?.admitted, admitted), file });
    }
    // A directory with nothing left in it may be a volume that went away: nobody deleted the objects one by one.
    const explained = files.length > 0;
    const gone = [...held].filter(([id]) => !next.has(id)).reverse();
    held = next;
    for (const { admitted } of held.values()) tell(admitted);
    for (const [, { admitted }] of gone) dispatchChange('DELETED', admitted, explained);
    options.onProblems([...parsed.problems, ...result.problems]);
  };

  /** The object as it is stored: the one before when nothing changed, else with the next generation. */
  const settle = (before: Admitted | undefined, after: Admitted): Admitted => {
    if (before && isDeepStrictEqual(comparable(before), comparable(after))) return before;
    version += 1;
    const old = before?.object.metadata;
    const changed = !before || !isDeepStrictEqual(spec(before), spec(after));
    const generation = (old?.generation ?? 0) + (changed ? 1 : 0);
    const created = old?.creationTimestamp ?? after.object.metadata?.creationTimestamp;
    const metadata = {
      ...after.object.metadata,
      creationTimestamp: created,
      generation,
      resourceVersion: String(version),
    };
    const status = (before?.object as Fields | undefined)?.status ?? (after.object as Fields).status;
    return { ...after, object: { ...after.object, metadata, ...(status ? { status } : {}) } } as unknown as Admitted;
  };

  const tell = (admitted: Admitted) => {
    const key = keyOf(admitted.object.metadata ?? {});
    const before = state.get(admitted.kind, key);
    if (before === admitted.object) return;
    dispatchChange(before ? 'MODIFIED' : 'ADDED', admitted, true);
  };
  const dispatchChange = (type: 'ADDED' | 'MODIFIED' | 'DELETED', { kind, object }: Admitted, explained: boolean) =>
    dispatch(handlers, kind, { type, object, explained });

  const reload = async (): Promise<void> => {
    const files = await findFiles(paths);
    readSignature = await signatureOf(files);
    pendingSignature = readSignature;
    const texts = await readFiles(files);
    if (!stopped) apply(texts);
  };

  /** Reads when the files differ from the last reading and have not changed since the last look: no half-written file. */
  const look = async (): Promise<void> => {
    const signature = await signatureOf(await findFiles(paths));
    const settled = signature === pendingSignature;
    pendingSignature = signature;
    if (settled && signature !== readSignature) await reload();
  };

  const report = (error: unknown) => {
    const { message } = error as Error;
    if (message === lastFailure) return;
    lastFailure = message;
    options.onProblems([{ resource: paths.join(', '), field: '', message }]);
  };

  const schedule = () => {
    if (stopped) return;
    timer = setTimeout(() => {
      look()
        .then(() => (lastFailure = ''), report)
        .finally(schedule);
    }, pollMs);
  };

  return {
    start: async () => {
      await reload();
      for (const kind of watchedKinds) state.setSource(kind, 'synced');
      schedule();
    },
    reload,
    setStatus: ({ kind, metadata, status }) => {
      const id = `${kind}/${keyOf(metadata)}`;
      const entry = held.get(id);
      if (!entry) return;
      const admitted = { kind, object: { ...entry.admitted.object, status } } as unknown as Admitted;
      held = new Map(held).set(id, { ...entry, admitted });
      state.put(admitted.kind, admitted.object);
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** What tells whether files have changed. */
async function signatureOf(files: readonly FoundFile[]): Promise<string> {
  const parts = files.map(async ({ path }) => {
    const info = await stat(path);
    return [path, info.ino, info.size, info.mtimeMs, info.ctimeMs].join(' ');
  });
  return (await Promise.all(parts)).join('\n');
}

/** An object without what the provider itself fills in. */
function comparable({ object }: Admitted): unknown {
  const { generation: _, creationTimestamp: __, resourceVersion: ___, ...metadata } = { ...object.metadata };
  return [
    metadata,
    spec({ object } as Admitted),
    (object as Fields).kind === 'Node' ? (object as Fields).status : undefined,
  ];
}

/** Everything but metadata and status: what the generation counts. */
function spec({ object }: Admitted): unknown {
  const { metadata: _, status: __, ...rest } = object as unknown as Fields;
  return rest;
}

function byKind(a: Admitted, b: Admitted): number {
  return order.indexOf(a.kind) - order.indexOf(b.kind);
}

/** What others refer to comes first, so that a first reading does not pass through states that never were. */
const order: readonly string[] = [
  'Namespace',
  'GatewayClass',
  'Secret',
  'ConfigMap',
  'ClusterTrustBundle',
  'ReferenceGrant',
  'Node',
  'Pod',
  'BlockAffinity',
  'Service',
  'EndpointSlice',
  'PKIProfile',
  'HealthMonitor',
  'ApplicationProfile',
  'RouteBackendExtension',
  'L7Rule',
  'HostRule',
  'HTTPRule',
  'SSORule',
  'L4Rule',
  'AviInfraSetting',
  'AviBackendPolicy',
  'AviFrontendPolicy',
  'BackendTLSPolicy',
  'Gateway',
  'ListenerSet',
  'HTTPRoute',
  'GRPCRoute',
  'TLSRoute',
  'TCPRoute',
  'UDPRoute',
];
