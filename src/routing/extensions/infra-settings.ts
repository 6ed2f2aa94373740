/**
 * AviInfraSettings: which ones hold for a Gateway, and what they say. Its namespace's annotation goes before its GatewayClass's
 * parametersRef, its own parametersRef before both, field by field.
 */
import type { AviInfraSetting } from '../../../generated/extensions.ts';
import type { Gateway, GatewayClass } from '../../../generated/gateway-api.ts';
import { aviNameId } from './extension-refs.ts';
import { akoGroup } from './extension-kinds.ts';
import {
  mergeInfrastructure,
  type Infrastructure,
  type NodeNetwork,
  type VipNetwork,
} from '../listeners/infrastructure.ts';
import { list, record, splitKey, text } from '../../values/read.ts';
import type { AviName } from './avi-settings.ts';
import type { Snapshot } from '../snapshot.ts';

/** What the parameters of a Gateway come to. */
export interface Parameters {
  /** Absent when nothing is set. */
  readonly infrastructure?: Infrastructure;
  readonly named: readonly AviName[];
  /** Why they cannot be followed; the path and what is wrong. */
  readonly failure?: string;
}

type Settings = Snapshot['extensions']['AviInfraSetting'];

/** What is looked up, and what the controller is known not to have (`aviNameId`). */
export interface ParameterSources {
  readonly settings: Settings;
  readonly missing: ReadonlySet<string>;
}

interface ParametersRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name?: string;
}

const annotation = 'aviinfrasetting.ako.vmware.com/name';
const nothing: Parameters = { named: [] };

/** @param key `namespace/name` of the Gateway */
export function resolveParameters(
  key: string,
  gateway: Gateway,
  snapshot: Pick<Snapshot, 'gatewayClasses' | 'namespaces' | 'extensions'>,
  missing: ReadonlySet<string>,
): Parameters {
  const sources = { settings: snapshot.extensions.AviInfraSetting, missing };
  const gatewayClass = snapshot.gatewayClasses.get(text(gateway.spec?.gatewayClassName) ?? '');
  const namespace = snapshot.namespaces.get(splitKey(key).namespace);
  const annotated = text(record(namespace?.metadata?.annotations)[annotation]);
  const own = gateway.spec?.infrastructure?.parametersRef;
  const read = [
    gatewayClass ? classParameters(gatewayClass, sources) : nothing,
    annotated ? readNamed(annotated, `annotation ${annotation} of the namespace`, sources) : nothing,
    own ? readRef(own, 'spec.infrastructure.parametersRef', sources) : nothing,
  ];
  const infrastructure = mergeInfrastructure(...read.map((one) => one.infrastructure));
  const failure = read.find((one) => one.failure !== undefined)?.failure;
  return {
    named: read.flatMap((one) => one.named),
    ...(Object.keys(infrastructure).length > 0 && { infrastructure }),
    ...(failure !== undefined && { failure }),
  };
}

/** Those of a GatewayClass. */
export function classParameters(gatewayClass: GatewayClass, sources: ParameterSources): Parameters {
  const parametersRef = gatewayClass.spec?.parametersRef;
  return parametersRef ? readRef(parametersRef, 'spec.parametersRef of the GatewayClass', sources) : nothing;
}

function readRef(ref: ParametersRef, where: string, sources: ParameterSources): Parameters {
  if (ref.group !== akoGroup || ref.kind !== 'AviInfraSetting') {
    const kind = [text(ref.group), text(ref.kind)].filter(Boolean).join('/');
    return { named: [], failure: `${where}: kind ${kind} is not supported; use AviInfraSetting of ${akoGroup}` };
  }
  return readNamed(text(ref.name) ?? '', where, sources);
}

function readNamed(name: string, where: string, { settings, missing }: ParameterSources): Parameters {
  const setting = settings.get(name);
  if (!setting) return { named: [], failure: `${where}: AviInfraSetting ${name} does not exist` };
  const read = readInfraSetting(setting, missing);
  return read.failure === undefined ? read : { ...read, failure: `${where}: AviInfraSetting ${name}: ${read.failure}` };
}

/** What one says by itself. */
export function readInfraSetting({ spec }: AviInfraSetting, missing: ReadonlySet<string>): Parameters {
  const named = namedBy(spec);
  const absent = named.filter((name) => missing.has(aviNameId(name)));
  const failure = absent.map(({ type, name }) => `the controller has no ${type} ${name}`).join('; ');
  return { infrastructure: infrastructureOf(spec), named, ...(failure && { failure }) };
}

/** Fields that a Gateway has no use for: its listeners say what is encrypted, and it has a virtual service of its own. */
export function ignoredInfraFields({ spec }: AviInfraSetting): readonly string[] {
  const ssl = list(spec.network?.listeners).flatMap(({ enableSSL }, index) =>
    enableSSL === undefined ? [] : [`spec.network.listeners[${index}].enableSSL`],
  );
  return [...ssl, ...(spec.l7Settings ? ['spec.l7Settings.shardSize'] : [])];
}

function infrastructureOf({ seGroup, network = {}, nsxSettings }: AviInfraSetting['spec']): Infrastructure {
  const vipNetworks = list(network.vipNetworks).map((entry): VipNetwork => entry);
  const nodeNetworks = list(network.nodeNetworks).map((entry): NodeNetwork => ({ ...entry, cidrs: list(entry.cidrs) }));
  const bgpPeerLabels = list(network.bgpPeerLabels);
  const ports = list(network.listeners).flatMap(({ port, enableHTTP2 }) =>
    enableHTTP2 === undefined ? [] : [{ port, enableHTTP2 }],
  );
  return {
    ...(seGroup && { seGroup: seGroup.name }),
    ...(vipNetworks.length > 0 && { vipNetworks }),
    ...(nodeNetworks.length > 0 && { nodeNetworks }),
    ...(network.enableRhi !== undefined && { enableRHI: network.enableRhi }),
    ...(network.enablePublicIP !== undefined && { enablePublicIP: network.enablePublicIP }),
    ...(bgpPeerLabels.length > 0 && { bgpPeerLabels }),
    ...(nsxSettings?.t1lr && { nsxtT1LR: nsxSettings.t1lr }),
    ...(ports.length > 0 && { ports }),
  };
}

/** Networks by uuid are taken to be there. */
function namedBy({ seGroup, network = {} }: AviInfraSetting['spec']): readonly AviName[] {
  const networks = [...list(network.vipNetworks), ...list(network.nodeNetworks)].flatMap(
    ({ networkName }) => networkName ?? [],
  );
  return [
    ...(seGroup ? [{ type: 'serviceenginegroup', name: seGroup.name } as const] : []),
    ...[...new Set(networks)].map((name) => ({ type: 'network', name }) as const),
  ];
}
