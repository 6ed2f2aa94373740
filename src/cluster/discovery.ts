/**
 * Which kinds the API server serves, and in which version: Gateway API bundles down to v1.2 work, and a kind whose CRD
 * is absent is left out.
 */
import { isExtensionKind } from '../routing/extensions/extension-kinds.ts';
import { isObjectKind } from '../routing/extensions/extension-objects.ts';
import { ApiFailure, fetchJson, type Transport } from './list-watch.ts';
import { resources, watchedKinds, type Resource, type WatchedKind } from './kinds.ts';

export interface Discovery {
  /** Kinds that are served, as they are to be watched. A kind that is not in it is absent. */
  readonly served: ReadonlyMap<WatchedKind, Resource>;
  /** The Gateway API bundle that is installed, as `v1.7.0`; absent when the CRDs do not say or may not be read. */
  readonly bundleVersion?: string;
  /** Why the bundle cannot be read, in the API server's words. */
  readonly bundleProblem?: string;
}

/** Versions of the Gateway API's groups that are read alike, best first. Those of extensions are read as they are written. */
const versions = ['v1', 'v1beta1'];

function versionsOf(group: string): readonly string[] {
  const own = watchedKinds.filter((kind) => resources[kind].group === group && isExtensionKind(kind));
  return own.length > 0 ? [...new Set(own.map((kind) => resources[kind].version))] : versions;
}

const bundleAnnotation = 'gateway.networking.k8s.io/bundle-version';
const classDefinition =
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gatewayclasses.gateway.networking.k8s.io';

interface ResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly namespaced: boolean;
    readonly verbs?: readonly string[];
  }[];
}

interface Definition {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
}

/**
 * Asks the API server. Only a clear "not found" makes a kind absent.
 * @throws Error when the API server cannot be asked.
 */
export async function discover(
  transport: Transport,
  signal: AbortSignal,
  kinds: readonly WatchedKind[] = watchedKinds,
): Promise<Discovery> {
  const groups = new Set(kinds.map((kind) => resources[kind].group).filter((group) => group !== ''));
  const paths = [...groups].flatMap((group) => versionsOf(group).map((version) => ({ group, version })));
  const lists = await Promise.all(
    paths.map(async ({ group, version }) => ({
      group,
      version,
      list: await optional<ResourceList>(transport, `/apis/${group}/${version}`, signal, [404]),
    })),
  );

  const served = new Map<WatchedKind, Resource>();
  for (const kind of kinds) {
    const resource = resources[kind];
    const found = resource.group
      ? lists.find(
          ({ group, version, list }) =>
            group === resource.group && (!isExtensionKind(kind) || version === resource.version) && serves(list, kind),
        )
      : { version: resource.version };
    if (found) served.set(kind, { ...resource, version: found.version });
  }
  return { served, ...(await readBundle(transport, signal)) };
}

async function readBundle(
  transport: Transport,
  signal: AbortSignal,
): Promise<Pick<Discovery, 'bundleVersion' | 'bundleProblem'>> {
  try {
    const definition = await optional<Definition>(transport, classDefinition, signal, [404]);
    const bundleVersion = definition?.metadata?.annotations?.[bundleAnnotation];
    return bundleVersion ? { bundleVersion } : {};
  } catch (error) {
    if (error instanceof ApiFailure && error.code === 403) return { bundleProblem: error.message };
    throw error;
  }
}

/**
 * Whether a kind is served and stays: a CRD that is being deleted does not let anybody create objects any more.
 * @throws Error when the API server cannot be asked; one that may not be asked is taken for one that serves.
 */
export async function staysServed(
  transport: Transport,
  kind: WatchedKind,
  { group, version }: Pick<Resource, 'group' | 'version'>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return serves((await fetchJson(transport, `/apis/${group}/${version}`, {}, signal)) as ResourceList, kind);
  } catch (error) {
    if (error instanceof ApiFailure && [403, 404].includes(error.code)) return error.code === 403;
    throw error;
  }
}

/** Extensions with finalizers are followed to their end, also where their CRD goes: nobody else takes the finalizers away. */
function serves(list: ResourceList | undefined, kind: WatchedKind): boolean {
  const found = list?.resources?.find(({ name }) => name === resources[kind].plural);
  const endsByItself = isExtensionKind(kind) && isObjectKind(kind);
  return found !== undefined && (endsByItself || found.verbs?.includes('create') !== false);
}

/** Undefined for the given codes. */
async function optional<T>(
  transport: Transport,
  path: string,
  signal: AbortSignal,
  codes: readonly number[],
): Promise<T | undefined> {
  try {
    return (await fetchJson(transport, path, {}, signal)) as T;
  } catch (error) {
    if (error instanceof ApiFailure && codes.includes(error.code)) return undefined;
    throw error;
  }
}
