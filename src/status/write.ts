/**
 * Writes statuses to the API server: one merge patch an object, with its resourceVersion, so that nothing that somebody
 * else wrote in the meantime gets lost; and only what differs.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  ApiException,
  CustomObjectsApi,
  PatchStrategy,
  setHeaderOptions,
  type KubeConfig,
} from '@kubernetes/client-node';
import { briefError } from '../cluster/brief-error.ts';
import type { ClusterState } from '../cluster/state.ts';
import { resources } from '../cluster/kinds.ts';
import type { ObjectKind } from '../routing/extensions/extension-objects.ts';
import { splitKey } from '../values/read.ts';
import { keyOf } from '../routing/snapshot.ts';
import { sameStatus } from './compute.ts';
import type { StatusUpdate } from './update.ts';
import { createLanes } from './write-lanes.ts';
import { createObjectMemory } from './write-memory.ts';
import { keepForeign, mergePatch } from './write-merge.ts';
import type { StatusWriter } from './writer.ts';

export interface StatusWriterOptions {
  readonly kubeConfig: KubeConfig;
  /** The watched objects: what a status is compared with before it is written. */
  readonly state: Pick<ClusterState, 'get'>;
  readonly controllerName: string;
  /** Asked before each write; false (not the leader) drops it. */
  readonly mayWrite: () => boolean;
  /** A write that failed and is tried again, or that the API server refused for good. */
  readonly onFailure: (resource: string, error: Error) => void;
  readonly concurrency?: number;
  readonly backoffMs?: readonly [number, number];
}

/** Finalizer by which a GatewayClass in use stays (GatewayClassFinalizerGatewaysExist of the specification). */
export const classFinalizer = 'gateway-exists-finalizer.gateway.networking.k8s.io';

/** Finalizer by which an extension stays until its object on the controller is gone; AKO's. */
export function extensionFinalizer(kind: ObjectKind): string {
  return `${kind.toLowerCase()}.ako.vmware.com/finalizer`;
}

/** As much of an object as is needed to write to it. */
interface Target {
  readonly metadata?: {
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly finalizers?: readonly string[];
  };
  readonly status?: unknown;
}

interface Address {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace?: string;
  readonly name: string;
}

/** An object that is to have a finalizer or not. */
interface Finalizing {
  readonly kind: 'GatewayClass' | ObjectKind;
  /** `namespace/name`, or `name` of a class. */
  readonly key: string;
  readonly finalizer: string;
  readonly wanted: boolean;
}

type Work = { readonly update: StatusUpdate } | Finalizing;

const maxConflicts = 5;
const gatewayIntervalMs = 1_000;
const mergeHeader = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

export function createStatusWriter(options: StatusWriterOptions): StatusWriter {
  const api = options.kubeConfig.makeApiClient(CustomObjectsApi);
  const watchedNow = (id: string): Target | undefined => {
    const slash = id.indexOf('/');
    return options.state.get(id.slice(0, slash) as StatusUpdate['kind'], id.slice(slash + 1));
  };
  const exists = (id: string) => watchedNow(id) !== undefined;
  const sent = createObjectMemory<unknown>(exists);
  /** Results of writes that the watch has not shown yet: by object, with the version that was written onto. */
  const written = createObjectMemory<{ readonly onto: string | undefined; readonly result: Target }>(exists);

  /** The object as far as it is known: as watched, or as our last write left it. */
  const known = (id: string, watched: Target): Target => {
    const last = written.get(id);
    return last && last.onto === watched.metadata?.resourceVersion ? last.result : watched;
  };

  /** Applies a change to an object, onto a fresh one as often as somebody else was quicker. */
  const change = async (
    id: string,
    address: Address,
    watched: Target,
    patch: (target: Target) => Readonly<Record<string, unknown>> | undefined,
    send: (address: Address, body: unknown) => Promise<Target>,
  ): Promise<void> => {
    let target = known(id, watched);
    for (let conflicts = 0; ; conflicts += 1) {
      const body = patch(target);
      if (!body || !options.mayWrite()) return;
      const { resourceVersion, uid } = target.metadata ?? {};
      const { metadata, ...rest } = body as { readonly metadata?: object };
      try {
        const result = await send(address, { ...rest, metadata: { ...metadata, resourceVersion, uid } });
        const isSeen = watchedNow(id)?.metadata?.resourceVersion === result.metadata?.resourceVersion;
        if (!isSeen) written.set(id, { onto: watched.metadata?.resourceVersion, result: essence(result) });
        return;
      } catch (error) {
        if (!isCode(error, 409) || conflicts >= maxConflicts) throw error;
        target = await get(api, address);
        if (target.metadata?.uid !== watched.metadata?.uid) return;
      }
    }
  };

  const writeStatus = async (update: StatusUpdate): Promise<void> => {
    const key = keyOf(update.metadata);
    const watched = options.state.get(update.kind, key) as Target | undefined;
    const id = `${update.kind}/${key}`;
    if (!watched) return void forget(id);
    await change(
      id,
      addressOf(update),
      watched,
      (target) => {
        const status = keepForeign(update, target.status, options.controllerName);
        if (sameStatus(status, target.status)) return undefined;
        sent.set(id, status);
        return { status: mergePatch(target.status, status) };
      },
      (address, body) => patchStatus(api, address, body),
    );
  };

  const writeFinalizer = async ({ kind, key, finalizer, wanted }: Finalizing): Promise<void> => {
    const watched = options.state.get(kind, key) as Target | undefined;
    if (!watched) return;
    const { group, version, plural } = resources[kind];
    const { namespace, name } = splitKey(key);
    await change(
      `${kind}/${key}`,
      { group, version, plural, name, ...(namespace !== '' && { namespace }) },
      watched,
      ({ metadata }) => {
        const before = metadata?.finalizers ?? [];
        if (before.includes(finalizer) === wanted) return undefined;
        const others = before.filter((other) => other !== finalizer);
        return { metadata: { finalizers: wanted ? [...others, finalizer] : others } };
      },
      (address, body) => patchObject(api, address, body),
    );
  };

  const forget = (id: string) => {
    sent.delete(id);
    written.delete(id);
  };

  const lanes = createLanes<Work>({
    concurrency: options.concurrency ?? 8,
    backoffMs: options.backoffMs ?? [500, 60_000],
    // Its count of routes changes with each of them.
    intervalMs: (key) => (key.startsWith('Gateway/') ? gatewayIntervalMs : 0),
    work: async (work) => {
      try {
        await ('update' in work ? writeStatus(work.update) : writeFinalizer(work));
      } catch (error) {
        // Gone: there is nothing to write to. Refused as invalid: it would be again.
        if (isCode(error, 404)) return forget(resourceOf(work));
        if (!isCode(error, 422)) throw error;
        options.onFailure(resourceOf(work), briefError(error));
      }
    },
    onFailure: (work, error) => options.onFailure(resourceOf(work), briefError(error)),
  });

  return {
    submit: (updates) => {
      for (const update of updates) lanes.submit(`${update.kind}/${keyOf(update.metadata)}`, { update });
    },
    setClassInUse: (key, wanted) =>
      lanes.submit(`finalizer/${key}`, { kind: 'GatewayClass', key, finalizer: classFinalizer, wanted }),
    setFinalizer: (kind, key, wanted) =>
      lanes.submit(`finalizer/${kind}/${key}`, { kind, key, finalizer: extensionFinalizer(kind), wanted }),
    isOwn: (kind, key, status) => {
      const id = `${kind}/${key}`;
      const last = sent.get(id);
      if (last === undefined || !isDeepStrictEqual(last, status)) return false;
      // The watched object has it now, and seeing it again is no change; thousands of copies would stay.
      forget(id);
      return true;
    },
    idle: () => lanes.idle(),
    stop: () => lanes.stop(),
  };
}

/** What of an object is needed to write to it again; the rest is large, and there are thousands. */
function essence({ metadata = {}, status }: Target): Target {
  const { uid, resourceVersion, finalizers } = metadata;
  return {
    metadata: {
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(finalizers !== undefined && { finalizers }),
    },
    status,
  };
}

function addressOf({ apiVersion, kind, metadata }: StatusUpdate): Address {
  const [group = '', version = ''] = apiVersion.split('/');
  const { plural } = resources[kind];
  return {
    group,
    version,
    plural,
    name: metadata.name,
    ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
  };
}

async function get(api: CustomObjectsApi, { namespace, ...address }: Address): Promise<Target> {
  const object: unknown = namespace
    ? await api.getNamespacedCustomObject({ ...address, namespace })
    : await api.getClusterCustomObject(address);
  return object as Target;
}

async function patchObject(api: CustomObjectsApi, { namespace, ...address }: Address, body: unknown): Promise<Target> {
  const object: unknown = namespace
    ? await api.patchNamespacedCustomObject({ ...address, namespace, body }, mergeHeader)
    : await api.patchClusterCustomObject({ ...address, body }, mergeHeader);
  return object as Target;
}

async function patchStatus(api: CustomObjectsApi, { namespace, ...address }: Address, body: unknown): Promise<Target> {
  const object: unknown = namespace
    ? await api.patchNamespacedCustomObjectStatus({ ...address, namespace, body }, mergeHeader)
    : await api.patchClusterCustomObjectStatus({ ...address, body }, mergeHeader);
  return object as Target;
}

function resourceOf(work: Work): string {
  return 'update' in work ? `${work.update.kind}/${keyOf(work.update.metadata)}` : `${work.kind}/${work.key}`;
}

function isCode(error: unknown, code: number): boolean {
  return error instanceof ApiException && error.code === code;
}
