/** GatewayClasses: which are ours, and what their conditions say (gatewayclass_types.go). */
import type { Gateway, GatewayClass } from '../../../generated/gateway-api.ts';
import { fails, holds, messages } from '../conditions.ts';
import { classParameters, type ParameterSources } from '../extensions/infra-settings.ts';
import { text } from '../../values/read.ts';
import type { ConditionDraft } from '../result/findings.ts';
import type { RoutedClass } from '../result/routed-gateway.ts';
import type { RoutingSettings } from '../settings.ts';
import type { Snapshot } from '../snapshot.ts';
import { supportedFeatures } from '../support.ts';

/** Versions of the Gateway API bundle that are supported, as the CRDs' annotation has them. */
export const supportedBundles = { oldest: 'v1.2', newest: 'v1.7', pinned: 'v1.7.0' } as const;

/** The first minor version whose standard channel has `status.supportedFeatures` as it is now. */
const firstMinorWithFeatures = 4;

/** Whether the class names our controller. */
export function isOurs(gatewayClass: GatewayClass | undefined, settings: Pick<RoutingSettings, 'controllerName'>) {
  return gatewayClass?.spec?.controllerName === settings.controllerName;
}

/** The Gateway under a key, if it is ours and is not being deleted. */
export function ourGateway(
  snapshot: Pick<Snapshot, 'gateways' | 'gatewayClasses'>,
  gatewayKey: string,
  settings: Pick<RoutingSettings, 'controllerName'>,
): Gateway | undefined {
  const gateway = snapshot.gateways.get(gatewayKey);
  const className = text(gateway?.spec?.gatewayClassName);
  if (!gateway || className === undefined || gateway.metadata?.deletionTimestamp) return undefined;
  return isOurs(snapshot.gatewayClasses.get(className), settings) ? gateway : undefined;
}

/**
 * Accepted and SupportedVersion of a class of ours.
 * @param settings the AviInfraSettings, which its parametersRef may name
 * @param bundleVersion the annotation `gateway.networking.k8s.io/bundle-version` of the CRDs; undefined without one
 */
export function gatewayClassConditions(
  gatewayClass: GatewayClass,
  bundleVersion: string | undefined,
  settings: ParameterSources['settings'] = new Map(),
): readonly ConditionDraft[] {
  return [acceptedCondition(gatewayClass, settings), versionCondition(bundleVersion)];
}

/** A class of ours with everything that its status says. */
export function routeClass(
  gatewayClass: GatewayClass,
  bundleVersion: string | undefined,
  settings?: ParameterSources['settings'],
): RoutedClass {
  const minor = minorOf(bundleVersion);
  return {
    resource: gatewayClass,
    conditions: gatewayClassConditions(gatewayClass, bundleVersion, settings),
    supportedFeatures: minor !== undefined && minor < firstMinorWithFeatures ? [] : supportedFeatures,
  };
}

function acceptedCondition(gatewayClass: GatewayClass, settings: ParameterSources['settings']): ConditionDraft {
  const { failure } = classParameters(gatewayClass, { settings, missing: new Set() });
  return failure === undefined
    ? holds('Accepted', 'Accepted', messages.classAccepted)
    : fails('Accepted', 'InvalidParameters', failure);
}

/** "MUST be set to false" for an unknown version; support is best effort then, so the class stays accepted. */
function versionCondition(bundleVersion: string | undefined): ConditionDraft {
  const range = `supported are ${supportedBundles.oldest} to ${supportedBundles.newest}`;
  if (bundleVersion === undefined) {
    return fails('SupportedVersion', 'UnsupportedVersion', `The Gateway API CRDs name no bundle version; ${range}`);
  }
  const minor = minorOf(bundleVersion);
  const oldest = minorOf(supportedBundles.oldest) ?? 0;
  const newest = minorOf(supportedBundles.newest) ?? 0;
  if (minor === undefined || minor < oldest || minor > newest) {
    return fails('SupportedVersion', 'UnsupportedVersion', `Gateway API CRDs ${bundleVersion} are installed; ${range}`);
  }
  return holds('SupportedVersion', 'SupportedVersion', `Gateway API CRDs ${bundleVersion} are installed`);
}

function minorOf(bundleVersion: string | undefined): number | undefined {
  const parts = /^v1\.(\d{1,4})(?:[.-]|$)/.exec(bundleVersion ?? '');
  return parts ? Number(parts[1]) : undefined;
}
