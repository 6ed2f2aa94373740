import { isIP } from 'node:net';
import type { Config } from '../../config.ts';
import { formatTable } from '../table.ts';
import { childOrderChecks } from './checks/selection.ts';

/** What became of one check. */
export interface Finding {
  readonly id: string;
  readonly assumed: string;
  /** `seen`: nothing is assumed, or it cannot be judged; `not checked`: see `observed`. */
  readonly result: 'holds' | 'does not hold' | 'seen' | 'not checked';
  readonly observed: string;
}

/** A setting that follows from findings, with the reason. */
export interface Advice {
  readonly setting: string;
  readonly reason: string;
}

/** Everything, for a file that can be sent to us: no address, name or credential of the site is in it. */
export interface Report {
  readonly version: string;
  readonly controllerVersion: string;
  readonly findings: readonly Finding[];
  readonly advice: readonly Advice[];
}

/** Settings that follow; features that a finding takes away, by the check's id. */
export function adviceOf(findings: readonly Finding[]): readonly Advice[] {
  const failed = findings.filter(({ result }) => result === 'does not hold');
  const others = failed.flatMap(({ id, observed }) => {
    const consequence = consequences[id];
    return consequence === undefined ? [] : [{ setting: consequence, reason: `${id}: ${observed}` }];
  });
  return [...childOrder(findings), ...others];
}

function childOrder(findings: readonly Finding[]): readonly Advice[] {
  const order = findings.filter(({ id }) => childOrderChecks.some((one) => one === id));
  const broken = order.filter(({ result }) => result === 'does not hold').map(({ id }) => id);
  if (broken.length > 0) {
    return [{ setting: 'translation.trustChildOrder: false', reason: `not so: ${broken.join(', ')}` }];
  }
  if (order.length < childOrderChecks.length || order.some(({ result }) => result !== 'holds')) return [];
  return [{ setting: 'translation.trustChildOrder: true', reason: 'every order that it relies on was seen' }];
}

const consequences: Readonly<Record<string, string>> = {
  'wildcard-labels': 'wildcard hostnames: do not rely on them',
  'unmatched-path': 'wildcard beside exact hostnames: requests may be answered by a stranger; please report',
  'host-with-port': 'listeners on ports other than 80 and 443: clients must leave the port out of Host; please report',
  'shared-policy-set': 'translation.trustChildOrder: true is needed, as false shares policy sets',
  'first-terminal-rule-ends': 'do not use this operator yet: rules would be answered wrongly; please report',
  'rules-by-index': 'do not use this operator yet: rules would be answered wrongly; please report',
  'repeated-header': 'header matches: repeated headers are matched otherwise than documented',
  'regex-is-searched': 'RegularExpression paths: write them without anchors and with .* at both ends',
  'path-is-decoded': 'paths with escapes: not matched as the specification says',
  'local-status-codes': 'rules without backends answer something else than 500',
  'cleartext-http2': 'GRPCRoute on listeners without TLS: not usable',
  'cleartext-http2-to-servers': 'appProtocol kubernetes.io/h2c: not usable',
  'script-without-server': 'CORS, mirrors and redirects with 303: not usable',
  'script-response-303': 'redirects with 303: not usable',
  'server-timeout': 'timeouts: the status is not 504',
  'refused-connection': 'failing backends: the status is not 503',
  'tcp-and-udp-on-one-port': 'TCPRoute and UDPRoute: not usable as they are; please report',
  'udp-flows': 'UDPRoute: not usable for clients that wait for answers',
  'tls-passthrough': 'TLSRoute with Passthrough: not usable as it is; please report',
  'list-filters': 'do not use this operator yet: it would not find its objects; please report',
  'macro-creates': 'apply.macro: leave it off',
  'macro-taken-name': 'apply.macro: leave it off, as it could change objects of others',
  'put-without-last-modified': 'moving paths between virtual services: writes of ours are refused; please report',
  'stale-put': 'edits by others: a write of ours may undo one that came a moment before it',
  'patch-replace': 'adopt --hand-back: not usable',
  'delete-in-use': 'do not use this operator yet: deletions would end as errors; please report',
  'taken-name': 'do not use this operator yet: it would not notice names that others have; please report',
  'page-size': 'nothing to set: the start takes more calls',
  'all-tenants': 'the account: let it read all tenants, for the start, adopt and cleanup',
  'throttled-reply': 'concurrency: choose a low one, as refusals of too many calls are not told from others',
  'server-name-and-host': 'HTTPS listeners: a client may ask for one host over a connection to another',
  'added-header': 'RequestHeaderModifier add: the server does not get both values; please report',
  'reselect-of-one-server': 'retry of HTTPRoutes: the only server of a pool is asked again',
  'address-of-vip': 'static addresses: Avi can change them in place; please report',
};

/** What a site calls its own; messages of the controller and of connections may have it. */
export type SiteNames = Pick<
  Config,
  'cloud' | 'clusterName' | 'controller' | 'nsxtT1LR' | 'serviceEngineGroup' | 'tenant' | 'vipNetworks' | 'vpc' | 'vrf'
>;

/** The report without the IP addresses and names of the site that are in messages. */
export function withoutSite(report: Report, site: SiteNames): Report {
  const names = namesOf(site);
  const clean = (text: string): string =>
    names
      .reduce((rest, name) => rest.replaceAll(name, '<name>'), text)
      .replace(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '<address>')
      .replace(/[0-9a-f]*:[0-9a-f:]+/gi, (found) => (isIP(found) === 6 ? '<address>' : found));
  return {
    ...report,
    findings: report.findings.map((finding) => ({ ...finding, observed: clean(finding.observed) })),
    advice: report.advice.map((advice) => ({ ...advice, reason: clean(advice.reason) })),
  };
}

/** The longest first, as one may be a part of another. */
function namesOf(site: SiteNames): readonly string[] {
  const hosts = site.controller.addresses.map((address) =>
    address.replace(/^\w+:\/\//, '').replace(/:\d+$|\/.*$/g, ''),
  );
  const networks = site.vipNetworks.map(({ networkName }) => networkName);
  const { cloud, clusterName, nsxtT1LR, serviceEngineGroup, tenant, vpc, vrf } = site;
  const named = [...hosts, ...networks, cloud, clusterName, nsxtT1LR, serviceEngineGroup, tenant, vpc, vrf];
  return named
    .filter((name): name is string => name !== undefined && name.length > 2 && !AVI_DEFAULTS.has(name))
    .toSorted((a, b) => b.length - a.length);
}

/** Names that every controller has. */
const AVI_DEFAULTS: ReadonlySet<string> = new Set(['Default-Cloud', 'Default-Group', 'admin', 'global']);

/** The findings as a table, then what follows. */
export function describeReport({ findings, advice }: Report): string {
  const marks = { holds: '+', 'does not hold': '!', seen: ' ', 'not checked': '?' } as const;
  const rows = findings.map(({ id, result, observed }) => [marks[result], id, result, observed]);
  const settings = advice.map(({ setting, reason }) => `${setting}\n    ${reason}`);
  const chosen = settings.length === 0 ? [] : ['', 'What follows:', ...settings.map((text) => `  ${text}`)];
  return [formatTable(rows), ...chosen].join('\n');
}
