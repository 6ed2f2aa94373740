/**
 * The framework's Operator, with what does not work in it replaced.
 *
 * With a current client-node its watches end the process after 30 quiet seconds, its deletions get lost while a watch is
 * down, and its status and finalizer calls fail without telling. Here watches are our list-watch, and the helpers that
 * would fail silently throw: statuses are written by `src/status/write.ts`.
 */
import framework, {
  ResourceEventType,
  ResourceMetaImpl,
  type OperatorLogger,
  type ResourceEvent,
} from '@dot-i/k8s-operator';
import { CoreV1Api, type KubernetesObject } from '@kubernetes/client-node';
import { apiVersionOf, collectionPath } from './kinds.ts';
import type { PooledKubeConfig } from './kube-config.ts';
import type { ObjectChange, WatchedObject } from './known-objects.ts';
import { startListWatch, type ListWatch, type ListWatchTimings, type Transport } from './list-watch.ts';
import { createTransport } from './transport.ts';

type BaseConstructor = (typeof framework)['default'];
// Node gives a CommonJS module's exports as the default import; a bundler may give its default export.
const Base = ((framework as { readonly default?: BaseConstructor }).default ?? framework) as BaseConstructor;

export type { OperatorLogger };

/** The framework's event, and whether a deletion was observed or only found. */
export interface OperatorEvent extends ResourceEvent {
  readonly explained: boolean;
}

export interface FrameworkOptions {
  readonly kubeConfig: PooledKubeConfig;
  readonly logger: OperatorLogger;
  readonly timings?: Partial<ListWatchTimings>;
  /** Called for each failure of a watch, with the plural name of what it watches. */
  readonly onWatchFailure?: (plural: string, error: Error) => void;
}

const eventTypes = {
  ADDED: ResourceEventType.Added,
  MODIFIED: ResourceEventType.Modified,
  DELETED: ResourceEventType.Deleted,
} as const;

export abstract class ReliableOperator extends Base {
  protected readonly transport: Transport;
  protected readonly stopping = new AbortController();
  readonly #watches = new Map<string, ListWatch>();
  readonly #options: FrameworkOptions;

  constructor(options: FrameworkOptions) {
    super(options.logger);
    this.#options = options;
    this.kubeConfig = options.kubeConfig;
    this.k8sApi = this.kubeConfig.makeApiClient(CoreV1Api);
    this.transport = createTransport(this.kubeConfig);
  }

  /**
   * Watches a collection until `stop` or `unwatchResource`. Events of a collection are given in order; `onEvent` should
   * do its work before its first await.
   * @param kind filled into objects that come without.
   * @param initial what an earlier watch of the collection has reported.
   * @returns when the collection has been listed completely for the first time.
   */
  protected override async watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: (event: OperatorEvent) => Promise<void>,
    namespace?: string,
    kind = '',
    initial: Iterable<WatchedObject> = [],
  ): Promise<void> {
    const id = watchId(group, version, plural, namespace);
    this.#watches.get(id)?.stop();
    const report = (error: unknown) => this.logger.error(`handling an event of ${id} failed: ${String(error)}`);
    const { promise: listed, resolve } = Promise.withResolvers<void>();
    const watch = startListWatch({
      transport: this.transport,
      path: collectionPath({ group, version, plural, kind, namespaced: namespace !== undefined }, namespace),
      apiVersion: apiVersionOf({ group, version }),
      kind,
      initial,
      onChange: (change) => void onEvent(toEvent(plural, change)).catch(report),
      onListed: resolve,
      onFailure: (error) => {
        this.logger.warn(`watch of ${id} failed and is resumed: ${error.message}`);
        this.#options.onWatchFailure?.(plural, error);
      },
      ...(this.#options.timings ? { timings: this.#options.timings } : {}),
    });
    this.#watches.set(id, watch);
    this.logger.debug(`watching ${id}`);
    await Promise.race([listed, watch.done]);
  }

  protected unwatchResource(group: string, version: string, plural: string, namespace?: string): void {
    const id = watchId(group, version, plural, namespace);
    this.#watches.get(id)?.stop();
    this.#watches.delete(id);
  }

  /** Ends all watches. The process goes on. */
  override stop(): void {
    this.stopping.abort(new Error('The operator was stopped'));
    for (const watch of this.#watches.values()) watch.stop();
    this.#watches.clear();
  }

  protected override getCustomResourceApiUri(
    group: string,
    version: string,
    plural: string,
    namespace?: string,
  ): string {
    const server = this.kubeConfig.getCurrentCluster()?.server ?? '';
    return (
      server + collectionPath({ group, version, plural, kind: '', namespaced: namespace !== undefined }, namespace)
    );
  }

  protected override registerCustomResourceDefinition(): Promise<never> {
    return unsupported('registerCustomResourceDefinition', 'CRDs are installed by `make install-crds`');
  }

  protected override setResourceStatus(): Promise<never> {
    return unsupported('setResourceStatus', 'statuses are written by src/status/write.ts');
  }

  protected override patchResourceStatus(): Promise<never> {
    return unsupported('patchResourceStatus', 'statuses are written by src/status/write.ts');
  }

  protected override setResourceFinalizers(): Promise<never> {
    return unsupported('setResourceFinalizers', 'finalizers are written by src/status/write.ts');
  }
}

function watchId(group: string, version: string, plural: string, namespace?: string): string {
  return `${plural}.${apiVersionOf({ group, version })}${namespace ? ` in ${namespace}` : ''}`;
}

function toEvent(plural: string, { type, object, explained }: ObjectChange): OperatorEvent {
  const kubernetesObject = object as WatchedObject & KubernetesObject;
  return {
    meta: ResourceMetaImpl.createWithPlural(plural, kubernetesObject),
    type: eventTypes[type],
    object: kubernetesObject,
    explained,
  };
}

function unsupported(method: string, instead: string): Promise<never> {
  return Promise.reject(new Error(`${method} of the framework does not work with this client; ${instead}`));
}
