/**
 * What the specs of a Gateway and of its ListenerSets say about each listener by itself. Secrets, grants and other Gateways come later, so that a hostname's owner never depends on them.
 */
import type { Gateway, ListenerSet } from '../../../generated/gateway-api.ts';
import { selectorProblem } from '../label-selector.ts';
import { isHostname, normalizeHostname } from '../../values/hostnames.ts';
import { list, portNumber, record, splitKey, text } from '../../values/read.ts';
import { listenerId, type ListenerTlsSettings } from '../result/routed-listener.ts';
import type { RouteKind } from '../result/routed-route.ts';
import { reasonOf } from '../support.ts';
import { readTlsOptions, type ReadTlsOptions } from './tls-options.ts';

export type ListenerManifest =
  NonNullable<Gateway['spec']>['listeners'][number] | NonNullable<ListenerSet['spec']>['listeners'][number];

/** Why a listener takes no route. */
export interface ListenerRefusal {
  readonly reason: string;
  readonly message: string;
  /** Whether it is "indistinct" from another listener, or its hostname is another's. */
  readonly conflicted: boolean;
}

/** A field that is not honoured. */
export interface Ignored {
  readonly field: string;
  readonly message: string;
}

export interface ListenerSpec {
  readonly manifest: ListenerManifest;
  /** Path of the listener in its object, as `spec.listeners[0]`. */
  readonly path: string;
  readonly name: string;
  /** The ListenerSet that it is from, `namespace/name`; absent for the Gateway's own. */
  readonly set?: string;
  /** `listenerId`: unique within the Gateway. */
  readonly id: string;
  /** Of the object that it is from. */
  readonly namespace: string;
  readonly port: number;
  readonly protocol: string;
  /** Of protocol TLS only. */
  readonly mode?: 'Passthrough' | 'Terminate';
  /** Lower case; undefined takes every host. */
  readonly hostname?: string;
  /** What its options say, where it ends TLS. */
  readonly tlsSettings?: ListenerTlsSettings;
  /** Id of another listener whose options hold here too; absent where none do. */
  readonly tlsFrom?: string;
  /** Kinds of routes that its protocol carries; empty: the protocol is not served. */
  readonly kinds: readonly RouteKind[];
  readonly refusal?: ListenerRefusal;
  readonly ignored: readonly Ignored[];
}

/** A ListenerSet that a Gateway allows, by `namespace/name`. */
export interface AllowedListenerSet {
  readonly key: string;
  readonly resource: ListenerSet;
}

/** The object that listeners are from. */
interface Owner {
  readonly namespace: string;
  readonly set?: string;
}

/**
 * The listeners of a Gateway, then those of each of its ListenerSets. Of listeners with one name in one object only the
 * first counts, as the API has it.
 *
 * @param sets in the order of their precedence
 */
export function inspectListeners(
  gateway: Gateway,
  sets: readonly AllowedListenerSet[] = [],
): readonly (readonly ListenerSpec[])[] {
  const namespace = text(gateway.metadata?.namespace) ?? '';
  const own = inspectOwner({ namespace }, list(gateway.spec?.listeners));
  const others = sets.map(({ key, resource }) =>
    inspectOwner({ namespace: splitKey(key).namespace, set: key }, list(resource.spec?.listeners)),
  );
  return [own, ...others];
}

function inspectOwner(owner: Owner, manifests: readonly ListenerManifest[]): readonly ListenerSpec[] {
  const specs = new Map<string, ListenerSpec>();
  for (const [index, manifest] of manifests.entries()) {
    const spec = inspect(owner, manifest, `spec.listeners[${index}]`);
    if (!specs.has(spec.name)) specs.set(spec.name, spec);
  }
  return [...specs.values()];
}

function inspect(owner: Owner, manifest: ListenerManifest, path: string): ListenerSpec {
  const { set, namespace } = owner;
  const name = text(manifest.name) ?? '';
  const protocol = text(manifest.protocol) ?? '';
  // "This field is ignored for protocols that don't require hostname based matching."
  const hostname = ['TCP', 'UDP'].includes(protocol) ? undefined : normalizeHostname(text(manifest.hostname));
  const mode = protocol === 'TLS' ? modeOf(manifest) : undefined;
  const options = ['HTTPS', 'TLS'].includes(protocol) ? readTlsOptions(manifest.tls?.options) : {};
  const spec = {
    manifest,
    path,
    name,
    ...(set === undefined ? {} : { set }),
    id: listenerId(set === undefined ? { name } : { set, name }),
    namespace,
    port: portNumber(manifest.port) ?? 0,
    protocol,
    ...(mode === undefined ? {} : { mode }),
    ...(hostname === undefined ? {} : { hostname }),
    ...('settings' in options && { tlsSettings: options.settings }),
    kinds: kindsOf(protocol),
    ignored: ignoredFields(manifest, path),
  };
  const refusal = refuse(spec) ?? refuseOptions(spec, options);
  return refusal ? { ...spec, refusal: { ...refusal, conflicted: false } } : spec;
}

function modeOf(manifest: ListenerManifest): 'Passthrough' | 'Terminate' {
  return manifest.tls?.mode === 'Passthrough' ? 'Passthrough' : 'Terminate';
}

function kindsOf(protocol: string): readonly RouteKind[] {
  switch (protocol) {
    case 'HTTP':
    case 'HTTPS':
      return ['HTTPRoute', 'GRPCRoute'];
    case 'TLS':
      return ['TLSRoute'];
    case 'TCP':
      return ['TCPRoute'];
    case 'UDP':
      return ['UDPRoute'];
    default:
      return [];
  }
}

function refuse(spec: ListenerSpec): Omit<ListenerRefusal, 'conflicted'> | undefined {
  const { manifest, path } = spec;
  if (spec.kinds.length === 0) return { reason: 'UnsupportedProtocol', message: 'Unsupported protocol' };
  if (spec.port === 0) return { reason: 'PortUnavailable', message: `${path}.port must be from 1 to 65535` };
  const hostname: unknown = manifest.hostname;
  if (hostname != null && (typeof hostname !== 'string' || (spec.hostname && !isHostname(spec.hostname)))) {
    return unsupported(`${path}.hostname is not a hostname`);
  }
  if (record(record(manifest).filters).requests !== undefined) {
    return unsupported(`${path}.filters: ${reasonOf('listenerFilters')}`);
  }
  const selector = manifest.allowedRoutes?.namespaces?.selector;
  const problem = selector == null ? undefined : selectorProblem(record(selector));
  return problem && unsupported(`${path}.allowedRoutes.namespaces.selector.${problem.field} ${problem.message}`);
}

function refuseOptions(
  { manifest, path }: Pick<ListenerSpec, 'manifest' | 'path'>,
  options: ReadTlsOptions,
): Omit<ListenerRefusal, 'conflicted'> | undefined {
  const field = `${path}.tls.options`;
  if ('problem' in options) return unsupported(`${field}[${options.key}] ${options.problem}`);
  if (!options.settings || manifest.tls?.mode !== 'Passthrough') return undefined;
  return unsupported(`${field}: with mode Passthrough the servers decide what clients may use`);
}

function unsupported(message: string): Omit<ListenerRefusal, 'conflicted'> {
  return { reason: 'UnsupportedValue', message };
}

type Frontend = NonNullable<NonNullable<NonNullable<Gateway['spec']>['tls']>['frontend']>;

/** A client certificate validation with its path. */
export interface FrontendValidation {
  readonly path: string;
  readonly validation: NonNullable<Frontend['default']['validation']>;
}

/** The client certificate validation that holds for a port; undefined when there is none. */
export function frontendValidation(gateway: Gateway, port: number): FrontendValidation | undefined {
  const frontend = gateway.spec?.tls?.frontend;
  const perPort = list(frontend?.perPort);
  const index = perPort.findIndex((entry) => entry.port === port);
  const path =
    index >= 0 ? `spec.tls.frontend.perPort[${index}].tls.validation` : 'spec.tls.frontend.default.validation';
  const validation = index >= 0 ? perPort[index]?.tls?.validation : frontend?.default?.validation;
  return validation == null ? undefined : { path, validation };
}

function ignoredFields(manifest: ListenerManifest, path: string): readonly Ignored[] {
  const ignored: Ignored[] = [];
  if (manifest.tls && ['HTTP', 'TCP', 'UDP'].includes(manifest.protocol)) {
    const article = manifest.protocol === 'HTTP' ? 'an HTTP' : `a ${manifest.protocol}`;
    ignored.push({ field: `${path}.tls`, message: `${article} listener has no TLS` });
  }
  if (manifest.hostname && ['TCP', 'UDP'].includes(manifest.protocol)) {
    ignored.push({ field: `${path}.hostname`, message: `a ${manifest.protocol} listener has no hostname` });
  }
  const namespaces = manifest.allowedRoutes?.namespaces;
  if (namespaces?.from === 'Selector' && namespaces.selector == null) {
    const field = `${path}.allowedRoutes.namespaces.from`;
    ignored.push({ field, message: 'without a selector beside it no namespace is allowed; set selector' });
  }
  return ignored;
}
