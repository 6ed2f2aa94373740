/** The listeners of one Gateway: which are served, which routes they may take, and their conditions. */
import type { ClaimOutcome } from '../../ownership/registry.ts';
import { fails, holds, messages, withIgnored } from '../conditions.ts';
import { aviNameProblem } from '../extensions/extension-refs.ts';
import { namespaceRule } from './listener-namespaces.ts';
import type { ListenerRefusal, ListenerSpec } from './listener-spec.ts';
import { overlappingTls, refsResolved, resolveTls, type ListenerTls, type TlsSources } from './listener-tls.ts';
import type { ResolvedValidation } from './frontend-tls.ts';
import { tlsOptionKeys } from './tls-options.ts';
import { refuseMixedTls } from './shared-tls.ts';
import { list } from '../../values/read.ts';
import type { ConditionDraft } from '../result/findings.ts';
import type { RoutedListener } from '../result/routed-listener.ts';
import type { RouteKind } from '../result/routed-route.ts';
import type { Snapshot } from '../snapshot.ts';

/** A listener before it is known how many routes attach. */
export interface ListenerState {
  readonly spec: ListenerSpec;
  /** Whether routes may attach. Certificates do not decide it: a route is not at fault for a late Secret. */
  readonly takesRoutes: boolean;
  /** Whether routes of a kind may attach (its protocol, and allowedRoutes.kinds). */
  readonly allowsKind: (kind: RouteKind) => boolean;
  /** Whether routes of a namespace may attach (allowedRoutes.namespaces). */
  readonly allowsNamespace: (namespace: string) => boolean;
  readonly routed: Omit<RoutedListener, 'attachedRoutes'>;
  readonly warnings: ListenerTls['warnings'];
}

export interface ListenerSources extends TlsSources {
  /** The client certificate validation of a port of HTTPS listeners. */
  readonly validationOf: (port: number) => ResolvedValidation | undefined;
  readonly namespaces: Snapshot['namespaces'];
  readonly claims: ClaimOutcome;
  /** As in `ExtensionSources`. */
  readonly missing: ReadonlySet<string>;
}

const group = 'gateway.networking.k8s.io';
const noTls: ListenerTls = { certificates: [], warnings: [] };

export function routeListeners(specs: readonly ListenerSpec[], sources: ListenerSources): readonly ListenerState[] {
  const owned = refuseMixedTls(specs.map((spec) => judgeOwnership(spec, sources.claims)));
  const overlaps = overlappingTls(owned);
  return owned.map((spec) => routeListener(spec, sources, overlaps.get(spec.id)));
}

/** A listener whose hostname belongs to another is refused, with the owner named. */
function judgeOwnership(spec: ListenerSpec, claims: ClaimOutcome): ListenerSpec {
  const winner = spec.hostname === undefined ? undefined : claims.lostHostnames.get(spec.hostname);
  if (spec.refusal || !winner) return spec;
  const same = winner.hostname === spec.hostname ? '' : ` through ${winner.hostname}`;
  const message = `Hostname ${spec.hostname} is owned by Gateway ${winner.gateway}${same}`;
  return { ...spec, refusal: { reason: 'HostnameConflict', message, conflicted: true } };
}

function routeListener(
  spec: ListenerSpec,
  sources: ListenerSources,
  overlap: ConditionDraft | undefined,
): ListenerState {
  const kinds = supportedKinds(spec);
  const secure = spec.protocol === 'HTTPS' || (spec.protocol === 'TLS' && spec.mode === 'Terminate');
  const tls = secure ? resolveTls(spec, sources) : noTls;
  const client = spec.protocol === 'HTTPS' && !spec.refusal ? sources.validationOf(spec.port) : undefined;
  const profile = spec.refusal ? undefined : missingProfile(spec, sources.missing);
  const refs = tls.failure ?? profile ?? kinds.failure ?? client?.resolvedRefs ?? refsResolved;
  const takesRoutes = spec.refusal === undefined;
  const serving =
    takesRoutes && kinds.kinds.length > 0 && (!secure || tls.certificates.length > 0) && !client?.accepted && !profile;
  const conditions = [
    (!spec.refusal && client?.accepted) || acceptedCondition(spec, serving),
    ...(spec.refusal?.reason === 'UnsupportedProtocol' ? [] : [refs]),
    conflictedCondition(spec.refusal),
    ...(overlap ? [overlap] : []),
  ];
  return {
    spec,
    takesRoutes,
    allowsKind: (kind) => kinds.kinds.some((supported) => supported.kind === kind),
    allowsNamespace: namespaceRule(spec, sources.namespaces),
    warnings: spec.refusal ? [] : tls.warnings,
    routed: {
      name: spec.name,
      ...(spec.set === undefined ? {} : { set: spec.set }),
      port: spec.port,
      protocol: spec.protocol,
      ...(spec.hostname === undefined ? {} : { hostname: spec.hostname }),
      serving,
      tls: secure,
      ...(spec.mode === undefined ? {} : { mode: spec.mode }),
      certificates: tls.certificates,
      ...(spec.tlsSettings && { tlsSettings: spec.tlsSettings }),
      ...(client?.validation ? { clientValidation: client.validation } : {}),
      // No kind of route is supported for TLS in a mode that the port's other listeners make impossible.
      supportedKinds: spec.refusal?.reason === 'ProtocolConflict' ? [] : kinds.kinds,
      conditions,
    },
  };
}

function acceptedCondition(spec: ListenerSpec, serving: boolean): ConditionDraft {
  if (spec.refusal) return fails('Accepted', spec.refusal.reason, spec.refusal.message);
  if (!serving) return fails('Accepted', 'Invalid', messages.listenerInvalid);
  const shared =
    spec.tlsFrom === undefined
      ? ''
      : `; the TLS options of listener ${spec.tlsFrom} hold here too, as one virtual service serves both`;
  return holds('Accepted', 'Accepted', withIgnored(messages.listenerAccepted + shared, spec.ignored));
}

/** ResolvedRefs for an SSL profile that is not there: without it, what clients may use would be anything. */
function missingProfile({ path, tlsSettings }: ListenerSpec, missing: ReadonlySet<string>): ConditionDraft | undefined {
  const name = tlsSettings?.sslProfile;
  const problem = name === undefined ? undefined : aviNameProblem({ type: 'sslprofile', name }, missing);
  if (problem === undefined) return undefined;
  const message = `${path}.tls.options[${tlsOptionKeys.profile}]: ${problem}`;
  return fails('ResolvedRefs', 'InvalidSSLProfileRef', message);
}

function conflictedCondition(refusal: ListenerRefusal | undefined): ConditionDraft {
  if (refusal?.conflicted) return holds('Conflicted', refusal.reason, refusal.message);
  return fails('Conflicted', 'NoConflicts', 'No conflicts');
}

/** "If kinds are specified in Spec that are not supported, they MUST NOT appear in this list". */
function supportedKinds(spec: ListenerSpec): {
  readonly kinds: RoutedListener['supportedKinds'];
  readonly failure?: ConditionDraft;
} {
  const possible = spec.kinds.map((kind) => ({ group, kind }));
  const asked = list(spec.manifest.allowedRoutes?.kinds);
  if (asked.length === 0 || possible.length === 0) return { kinds: possible };
  const groupOf = (entry: (typeof asked)[number]) => entry.group ?? group;
  const isAsked = (entry: (typeof asked)[number], kind: string) => groupOf(entry) === group && entry.kind === kind;
  const kinds = possible.filter(({ kind }) => asked.some((entry) => isAsked(entry, kind)));
  const wrong = asked.find((entry) => !possible.some(({ kind }) => isAsked(entry, kind)));
  if (!wrong) return { kinds };
  const message =
    groupOf(wrong) === group
      ? `AllowedRoute kind is invalid. Only ${spec.kinds.join(' and ')} ${spec.kinds.length > 1 ? 'are' : 'is'} supported currently`
      : 'AllowedRoute Group is invalid.';
  return { kinds, failure: fails('ResolvedRefs', 'InvalidRouteKinds', message) };
}
