/** What a HostRule says of the virtual services of a host (AKO: ako-facts.md section 6.7). */
import type { HostRule } from '../../../generated/extensions.ts';
import { aviNameProblems, type ExtensionSources } from '../extensions/extension-refs.ts';
import {
  namedByService,
  type AnalyticsPolicySettings,
  type AviName,
  type VirtualServiceSettings,
} from '../extensions/avi-settings.ts';
import { mergeServiceSettings } from '../extensions/merged-settings.ts';
import { overwritesFilters } from '../extensions/policy-sets.ts';
import { analyticsPolicy, readL7Rule } from '../extensions/rule-extensions.ts';
import { isPreciseHostname } from '../../values/hostnames.ts';
import { rootProblem } from './application-root.ts';
import { aliasesOf, distinct } from './aliases.ts';
import { namedByTls, readHostTls } from './host-tls.ts';
import { list } from '../../values/read.ts';
import { shapedSpec } from '../extensions/shaped-spec.ts';
import { malformedRule, type FqdnRead } from './fqdn-read.ts';

type VirtualHost = HostRule['spec']['virtualhost'];

/** @param namespace the HostRule's own, where its L7Rule is looked up */
export function readHostRule(resource: HostRule, namespace: string, sources: ExtensionSources): FqdnRead {
  const spec = shapedSpec('HostRule', resource);
  if (!spec) return malformedRule;
  const host = spec.virtualhost;
  const own = hostSettings(host);
  const l7 = readOwnL7Rule(host, namespace, sources);
  // "L7Rule … is used to modify select VS Properties which are not part of HostRule CRD": the HostRule's own go first.
  const service = mergeServiceSettings([own, l7.settings ?? {}]);
  const { applicationRootPath: root } = host;
  const tls = host.tls && readHostTls(host.tls);
  const ownNames = [
    ...namedByService(own).map(({ type, name }): AviName => ({ type, name })),
    ...(tls ? namedByTls(tls) : []),
  ];
  return {
    service,
    ...((own.policySets ? overwritesFilters(host.httpPolicy) : l7.overwrites) && { overwrites: true }),
    ...(host.useRegex === true && { inAnyCase: true }),
    aliases: aliasesOf(host),
    ...(root !== undefined && rootProblem(root) === undefined && { root }),
    ...(tls && { tls }),
    named: [...ownNames, ...l7.named],
    failures: [
      ...aviNameProblems(ownNames, sources.missing).map((problem) => `spec.virtualhost: ${problem}`),
      ...l7.failures.map(({ message }) => message),
    ],
    refused: refusedFields(host),
    ignored: host.gslb ? ['spec.virtualhost.gslb'] : [],
  };
}

function readOwnL7Rule(
  { l7Rule }: VirtualHost,
  namespace: string,
  sources: ExtensionSources,
): ReturnType<typeof readL7Rule> {
  if (!l7Rule) return { named: [], failures: [] };
  const path = 'spec.virtualhost.l7Rule';
  const resource = sources.snapshot.extensions.L7Rule.get(`${namespace}/${l7Rule}`);
  if (resource) return readL7Rule(resource, path, sources);
  const message = `${path}: L7Rule ${namespace}/${l7Rule} does not exist`;
  return { named: [], failures: [{ reason: 'BackendNotFound', message }] };
}

function hostSettings(host: VirtualHost): VirtualServiceSettings {
  const policySets = distinct(host.httpPolicy?.policySets);
  const dataScripts = distinct(host.datascripts);
  const [icapProfile] = list(host.icapProfile);
  const analytics = host.analyticsPolicy && analyticsOf(host.analyticsPolicy);
  return {
    ...(host.applicationProfile && {
      applicationProfile: { avi: { type: 'applicationprofile', name: host.applicationProfile } },
    }),
    ...(host.analyticsProfile && { analyticsProfile: host.analyticsProfile }),
    ...(analytics && { analyticsPolicy: analytics }),
    ...(host.wafPolicy && { wafPolicy: host.wafPolicy }),
    ...(host.errorPageProfile && { errorPageProfile: host.errorPageProfile }),
    ...(icapProfile && { icapProfile }),
    ...(policySets.length > 0 && { policySets }),
    ...(dataScripts.length > 0 && { dataScripts }),
    ...(host.enableVirtualHost === false && { enabled: false }),
  };
}

/** "AKO sets the duration of logging the non-significant logs to infinity by default." */
function analyticsOf(policy: NonNullable<VirtualHost['analyticsPolicy']>): AnalyticsPolicySettings | undefined {
  const { fullClientLogs } = policy;
  return analyticsPolicy(
    fullClientLogs
      ? { ...policy, fullClientLogs: { ...fullClientLogs, duration: fullClientLogs.duration ?? 0 } }
      : policy,
  );
}

const refusals: readonly (readonly [asks: (host: VirtualHost) => boolean, field: string, why: string])[] = [
  [({ icapProfile }) => list(icapProfile).length > 1, 'icapProfile', 'a virtual service has one; the first is used'],
];

function refusedFields(host: VirtualHost): readonly string[] {
  const aliases = list(host.aliases);
  const wrongType = aliases.length > 0 && (host.fqdnType ?? 'Exact') !== 'Exact';
  const root = host.applicationRootPath === undefined ? undefined : rootProblem(host.applicationRootPath);
  const malformed = aliases.filter((name) => !isPreciseHostname(name.toLowerCase()));
  return [
    ...refusals.filter(([asks]) => asks(host)).map(([, field, why]) => `spec.virtualhost.${field}: ${why}`),
    ...(root === undefined ? [] : [`spec.virtualhost.applicationRootPath: ${root}`]),
    ...(wrongType ? ['spec.virtualhost.aliases: needs fqdnType Exact'] : []),
    ...malformed.map((name) => `spec.virtualhost.aliases: ${name} is not a hostname`),
  ];
}
