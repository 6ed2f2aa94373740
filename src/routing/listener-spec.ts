/**
 * What a Gateway's own spec says about its listeners: which are sound, and which conflict with one another. Secrets,
 * grants and other Gateways come later, so that a hostname's owner never depends on them.
 */
import type { Gateway } from '../../generated/gateway-api.ts';
import { selectorProblem } from './label-selector.ts';
import { isHostname, normalizeHostname } from './hostnames.ts';
import { list, portNumber, record, text } from './read.ts';
import { reasonOf } from './support.ts';

export type ListenerManifest = NonNullable<Gateway['spec']>['listeners'][number];

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
  /** Path of the listener, as `spec.listeners[0]`. */
  readonly path: string;
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  /** Lower case; undefined takes every host. */
  readonly hostname?: string;
  readonly refusal?: ListenerRefusal;
  readonly ignored: readonly Ignored[];
}

/** Protocols that are served. */
const protocols = ['HTTP', 'HTTPS'];

/** The listeners of a Gateway in its order. Of listeners with one name only the first counts, as the API has it. */
export function inspectListeners(gateway: Gateway): readonly ListenerSpec[] {
  const seen = new Set<string>();
  const specs: ListenerSpec[] = [];
  for (const [index, manifest] of list(gateway.spec?.listeners).entries()) {
    const spec = inspect(gateway, manifest, `spec.listeners[${index}]`);
    if (seen.has(spec.name)) continue;
    seen.add(spec.name);
    specs.push(spec);
  }
  return markConflicts(specs);
}

function inspect(gateway: Gateway, manifest: ListenerManifest, path: string): ListenerSpec {
  const hostname = normalizeHostname(text(manifest.hostname));
  const spec = {
    manifest,
    path,
    name: text(manifest.name) ?? '',
    port: portNumber(manifest.port) ?? 0,
    protocol: text(manifest.protocol) ?? '',
    ...(hostname === undefined ? {} : { hostname }),
    ignored: ignoredFields(manifest, path),
  };
  const refusal = refuse(gateway, spec);
  return refusal ? { ...spec, refusal: { ...refusal, conflicted: false } } : spec;
}

function refuse(gateway: Gateway, spec: ListenerSpec): Omit<ListenerRefusal, 'conflicted'> | undefined {
  const { manifest, path } = spec;
  if (!protocols.includes(spec.protocol)) return { reason: 'UnsupportedProtocol', message: 'Unsupported protocol' };
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
  if (problem) {
    return unsupported(`${path}.allowedRoutes.namespaces.selector.${problem.field} ${problem.message}`);
  }
  const validation = spec.protocol === 'HTTPS' ? frontendValidation(gateway, spec.port) : undefined;
  // Serving without the validation that was asked for would let everybody in.
  return validation === undefined ? undefined : unsupported(`${validation}: ${reasonOf('frontendValidation')}`);
}

function unsupported(message: string): Omit<ListenerRefusal, 'conflicted'> {
  return { reason: 'UnsupportedValue', message };
}

/** The path of the client certificate validation that holds for a port; undefined when there is none. */
function frontendValidation(gateway: Gateway, port: number): string | undefined {
  const frontend = gateway.spec?.tls?.frontend;
  const perPort = list(frontend?.perPort);
  const own = perPort.findIndex((entry) => entry.port === port);
  if (own >= 0) return perPort[own]?.tls?.validation ? `spec.tls.frontend.perPort[${own}].tls.validation` : undefined;
  return frontend?.default?.validation ? 'spec.tls.frontend.default.validation' : undefined;
}

function ignoredFields(manifest: ListenerManifest, path: string): readonly Ignored[] {
  const options = Object.keys(record(manifest.tls?.options));
  const ignored: Ignored[] = [];
  if (options.length > 0) ignored.push({ field: `${path}.tls.options`, message: reasonOf('tlsOptions') });
  if (manifest.protocol === 'HTTP' && manifest.tls) {
    ignored.push({ field: `${path}.tls`, message: 'an HTTP listener has no TLS' });
  }
  return ignored;
}

/** "MUST NOT pick one conflicting Listener as the winner. ALL indistinct Listeners must not be accepted". */
function markConflicts(specs: readonly ListenerSpec[]): readonly ListenerSpec[] {
  return specs.map((spec) => {
    if (spec.refusal) return spec;
    const samePort = specs.filter((other) => other !== spec && !other.refusal && other.port === spec.port);
    const otherProtocol = samePort.filter((other) => other.protocol !== spec.protocol);
    if (otherProtocol.length > 0) {
      const message = `Port ${spec.port} is used with another protocol by ${namesOf(otherProtocol)}`;
      return { ...spec, refusal: { reason: 'ProtocolConflict', message, conflicted: true } };
    }
    const sameHost = samePort.filter((other) => other.hostname === spec.hostname);
    if (sameHost.length === 0) return spec;
    const host = spec.hostname === undefined ? 'every hostname' : `hostname ${spec.hostname}`;
    const message = `Port ${spec.port} and ${host} are also those of ${namesOf(sameHost)}`;
    return { ...spec, refusal: { reason: 'HostnameConflict', message, conflicted: true } };
  });
}

function namesOf(specs: readonly ListenerSpec[]): string {
  return specs.map((spec) => `listener ${spec.name}`).join(', ');
}
