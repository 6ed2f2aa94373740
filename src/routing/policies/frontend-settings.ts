/** AviFrontendPolicy → settings of virtual services. */
import ipaddr from 'ipaddr.js';
import type { AviFrontendPolicy } from '../../../generated/extensions.ts';
import {
  namedByService,
  type AnalyticsPolicySettings,
  type ClientAccess,
  type VirtualServiceSettings,
} from '../extensions/avi-settings.ts';
import { acceptanceProblem } from '../extensions/tls-acceptance.ts';
import { judgeApplicationProfile } from '../extensions/extension-objects.ts';
import { list } from '../../values/read.ts';
import { checkedSettings, given, type PolicySettings, type PolicySettingSources } from './policy-settings.ts';

type Spec = AviFrontendPolicy['spec'];
type Field = keyof VirtualServiceSettings;

/** Where in the specification a setting stands, where the names differ. */
export const frontendPaths: Readonly<Partial<Record<Field, string>>> = {
  policySets: 'httpPolicySets',
  maxRequestBodyKb: 'maxRequestBodyKilobytes',
  maxRequestHeadersKb: 'maxRequestHeadersKilobytes',
  allowInvalidClientCert: 'allowInvalidClientCertificate',
  closeClientConnOnConfigUpdate: 'closeClientConnectionsOnUpdate',
};

/** @param namespace of the policy, where its ApplicationProfile is */
export function frontendPolicySettings(
  spec: Spec,
  namespace: string,
  sources: PolicySettingSources,
): PolicySettings<VirtualServiceSettings> {
  const broken = new Map<Field, string>();
  const application = readProfile(spec.applicationProfile, namespace, sources, (message) =>
    broken.set('applicationProfile', `spec.applicationProfile: ${message}`),
  );
  const badAddress = [...list(spec.access?.deny), ...list(spec.access?.allow)].find((address) => !isSubnet(address));
  if (badAddress !== undefined) broken.set('access', `spec.access: ${badAddress} is not an address or a subnet`);
  const unusable = acceptanceProblem(spec);
  if (unusable !== undefined) broken.set('ciphers', `spec.ciphers: ${unusable}`);
  const analytics = spec.analyticsPolicy && readAnalytics(spec.analyticsPolicy);
  const { rateLimit, hsts, forwardedFor } = spec;
  const settings: VirtualServiceSettings = {
    ...(application && { applicationProfile: application }),
    ...(analytics && { analyticsPolicy: analytics }),
    ...given<VirtualServiceSettings>({
      wafPolicy: spec.wafPolicy,
      analyticsProfile: spec.analyticsProfile,
      errorPageProfile: spec.errorPageProfile,
      icapProfile: spec.icapProfile,
      botPolicy: spec.botPolicy,
      trafficCloneProfile: spec.trafficCloneProfile,
      networkSecurityPolicy: spec.networkSecurityPolicy,
      sslProfile: spec.sslProfile,
      minTLSVersion: spec.minTLSVersion,
      ciphers: spec.ciphers,
      policySets: spec.httpPolicySets,
      dataScripts: spec.dataScripts,
    }),
    ...(spec.access && { access: readAccess(spec.access) }),
    ...(rateLimit && {
      rateLimit: {
        count: rateLimit.requests,
        periodSeconds: rateLimit.periodSeconds ?? 1,
        ...(rateLimit.burst !== undefined && { burst: rateLimit.burst }),
        perClient: rateLimit.perClient ?? true,
        perPath: rateLimit.perPath ?? false,
      },
    }),
    ...(hsts && {
      hsts: { maxAgeDays: hsts.maxAgeDays ?? 365, includeSubdomains: hsts.includeSubdomains ?? true },
    }),
    ...(forwardedFor && {
      forwardedFor: {
        mode: forwardedFor.mode ?? 'Replace',
        ...(forwardedFor.header !== undefined && { header: forwardedFor.header }),
      },
    }),
    ...given<VirtualServiceSettings>({
      forwardedProto: spec.forwardedProto,
      compression: spec.compression,
      maxRequestBodyKb: spec.maxRequestBodyKilobytes,
      maxRequestHeadersKb: spec.maxRequestHeadersKilobytes,
      allowInvalidClientCert: spec.allowInvalidClientCertificate,
      closeClientConnOnConfigUpdate: spec.closeClientConnectionsOnUpdate,
      minPoolsUp: spec.minPoolsUp,
      performanceLimits: spec.performanceLimits,
    }),
  };
  return checkedSettings(settings, namedByService(settings), sources, frontendPaths, broken);
}

function readProfile(
  ref: Spec['applicationProfile'],
  namespace: string,
  { snapshot }: PolicySettingSources,
  fail: (message: string) => void,
): VirtualServiceSettings['applicationProfile'] {
  if (!ref) return undefined;
  if (ref.kind === 'AviRef') return { avi: { type: 'applicationprofile', name: ref.name } };
  const judged = judgeApplicationProfile(`${namespace}/${ref.name}`, snapshot);
  if ('object' in judged) return judged;
  fail(judged.problem.message);
  return undefined;
}

function readAnalytics({
  logAllHeaders,
  fullClientLogs: logs,
}: NonNullable<Spec['analyticsPolicy']>): AnalyticsPolicySettings | undefined {
  const isLogged = logs !== undefined && logs.enabled !== false;
  if (logAllHeaders !== true && !isLogged) return undefined;
  return {
    ...(logAllHeaders === true && { allHeaders: true }),
    ...(isLogged && {
      fullClientLogs: { throttle: logs.logsPerSecond ?? 10, durationMinutes: logs.durationMinutes ?? 30 },
    }),
  };
}

function readAccess({ allow, deny }: NonNullable<Spec['access']>): ClientAccess {
  return { ...(allow && { allow }), ...(deny && { deny }) };
}

function isSubnet(address: string): boolean {
  return address.includes('/') ? ipaddr.isValidCIDR(address) : ipaddr.isValid(address);
}
