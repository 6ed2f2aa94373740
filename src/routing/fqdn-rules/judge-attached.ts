/** Rules that no object refers to, each by itself: whether what they name is there, and what they ask for in vain. */
import { normalizeHostname, type Hostname } from '../../values/hostnames.ts';
import { list, splitKey, text } from '../../values/read.ts';
import type { HostRule } from '../../../generated/extensions.ts';
import { shapedSpec } from '../extensions/shaped-spec.ts';
import type { AttachedKind } from '../extensions/extension-kinds.ts';
import type { JudgedSettings } from '../extensions/judged-settings.ts';
import { duplicateOf } from './fqdn-index.ts';
import type { FqdnRead } from './fqdn-read.ts';
import { refusedTls } from './host-tls.ts';
import { policyProblems, policyNamedBy, refusedForGateways, type GatewayOfRule } from './gateway-rule.ts';
import { readHostRule } from './host-rule.ts';
import { readL4Rule } from '../extensions/l4-rule.ts';
import { readHttpRule } from './http-rule.ts';
import { ourGateway } from '../listeners/classes.ts';
import type { ListenerManifest } from '../listeners/listener-spec.ts';
import { gatewayListeners } from '../listeners/gateway-listeners.ts';
import type { RoutingSettings } from '../settings.ts';
import type { Snapshot } from '../snapshot.ts';
import { readSsoRule } from './sso-rule.ts';

/** The parameters are those of `judgeSettings`. */
export function judgeAttached(
  kind: AttachedKind,
  key: string,
  snapshot: Snapshot,
  missing: ReadonlySet<string>,
  settings: Pick<RoutingSettings, 'controllerName'>,
): JudgedSettings {
  const read = readAttached(kind, key, snapshot, missing, settings);
  if (!read) return { named: [], failures: [], ignored: [] };
  const duplicate = kind === 'L4Rule' ? undefined : duplicateOf(kind, key, snapshot.extensions);
  const refused = [...(duplicate === undefined ? [] : [duplicate]), ...read.refused];
  return {
    named: read.named,
    failures: [
      ...read.failures.map((message) => ({ reason: 'BackendNotFound', message })),
      ...refused.map((message) => ({ reason: 'UnsupportedValue', message })),
    ],
    ignored: read.ignored,
  };
}

function readAttached(
  kind: AttachedKind,
  key: string,
  snapshot: Snapshot,
  missing: ReadonlySet<string>,
  settings: Pick<RoutingSettings, 'controllerName'>,
): Pick<FqdnRead, 'named' | 'failures' | 'refused' | 'ignored'> | undefined {
  const sources = { snapshot, missing, onInvalid: 'fail' } as const;
  const { extensions } = snapshot;
  switch (kind) {
    case 'HostRule': {
      const resource = extensions.HostRule.get(key);
      return resource && judgeHostRule(resource, key, snapshot, missing, settings);
    }
    case 'HTTPRule': {
      const resource = extensions.HTTPRule.get(key);
      return resource && readHttpRule(resource, key, sources);
    }
    case 'SSORule': {
      const resource = extensions.SSORule.get(key);
      return resource && readSsoRule(resource, splitKey(key).namespace, sources);
    }
    case 'L4Rule': {
      const resource = extensions.L4Rule.get(key);
      return resource && { ...readL4Rule(resource, splitKey(key).namespace, sources), ignored: [] };
    }
  }
}

/** With what it says for whole Gateways. */
function judgeHostRule(
  resource: HostRule,
  key: string,
  snapshot: Snapshot,
  missing: ReadonlySet<string>,
  settings: Pick<RoutingSettings, 'controllerName'>,
): ReturnType<typeof readAttached> {
  const { namespace } = splitKey(key);
  const read = readHostRule(resource, namespace, { snapshot, missing, onInvalid: 'fail' });
  const spec = shapedSpec('HostRule', resource);
  if (!spec) return read;
  const named = policyNamedBy(spec.virtualhost);
  const gateways = gatewaysIn(namespace, snapshot, settings);
  const refused = [
    ...refusedForGateways(key, spec, gateways, snapshot.extensions),
    ...refusedTls(spec.virtualhost, secureHostnames(namespace, snapshot, settings)),
  ];
  return {
    ...read,
    named: [...read.named, ...named],
    failures: [...read.failures, ...policyProblems(spec.virtualhost, missing)],
    refused: [...read.refused, ...refused],
  };
}

/** Those that are ours, by key. */
function gatewaysIn(
  namespace: string,
  snapshot: Snapshot,
  settings: Pick<RoutingSettings, 'controllerName'>,
): ReadonlyMap<string, GatewayOfRule> {
  const keys = [...snapshot.gateways.keys()].filter((key) => splitKey(key).namespace === namespace);
  return new Map(
    keys.flatMap((key) => {
      const gateway = ourGateway(snapshot, key, settings);
      if (!gateway) return [];
      const addresses = list(gateway.spec?.addresses).flatMap(({ value }) => text(value) ?? []);
      return [[key, { listeners: gatewayListeners(snapshot, key, gateway), addresses }]];
    }),
  );
}

/** Of the HTTPS listeners of a namespace's Gateways and ListenerSets. */
function secureHostnames(
  namespace: string,
  snapshot: Snapshot,
  settings: Pick<RoutingSettings, 'controllerName'>,
): readonly Hostname[] {
  const isNear = (key: string): boolean => splitKey(key).namespace === namespace;
  const gateways = [...snapshot.gateways.keys()].filter(isNear).map((key) => ourGateway(snapshot, key, settings)?.spec);
  const sets = [...snapshot.listenerSets].flatMap(([key, { spec }]) => (isNear(key) ? [spec] : []));
  const listeners = [...gateways, ...sets].flatMap((spec) => list<ListenerManifest>(spec?.listeners));
  return listeners
    .filter(({ protocol }) => protocol === 'HTTPS')
    .map(({ hostname }) => normalizeHostname(text(hostname)));
}
