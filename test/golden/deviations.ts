/** Names that differ from what the incumbent was recorded with, by case, and why. */
export type NameKind = 'parents' | 'children' | 'poolGroups' | 'pools' | 'certificates';

/** Numbers of names: the incumbent's that we do not have, and ours that it has not. */
export interface Deviation {
  readonly missing: number;
  readonly added: number;
}

interface CaseDeviations {
  readonly reason: string;
  readonly names: Readonly<Partial<Record<NameKind, Deviation>>>;
}

/** Numbers of a rule's objects: its child, pool group and pool. */
function rules(missing: number, added: number): CaseDeviations['names'] {
  const deviation = { missing, added };
  return { children: deviation, poolGroups: deviation, pools: deviation };
}

export const deviations: Readonly<Record<string, CaseDeviations>> = {
  '05-match-headers': {
    reason: 'the rule has a regular expression for a header, which Avi policies cannot express; it is dropped and reported',
    names: rules(1, 0),
  },
  '06-match-method-query': {
    reason: 'AKO leaves method and query out of the hash, so that its rules collide; here they are in it',
    names: rules(1, 1),
  },
  '12-rewrite-prefix-rejected': {
    reason: 'AKO rejects a route with ReplacePrefixMatch; here it is served',
    names: rules(0, 2),
  },
  '15-wildcard-listener': {
    reason: 'AKO lets a wildcard stand for one label only; the specification for any number',
    names: rules(0, 1),
  },
  '16-listener-no-hostname': {
    reason: 'AKO refuses a route without any hostname; here the parent serves it',
    names: { poolGroups: { missing: 0, added: 1 }, pools: { missing: 0, added: 1 } },
  },
  '20-allowedroutes-selector': {
    reason: 'AKO does not look at the selector of allowedRoutes; here the selected namespace is served',
    names: rules(0, 1),
  },
  '21-cross-namespace-backend-no-grant': {
    reason: 'AKO follows a reference without a ReferenceGrant; here the rule answers 500',
    names: { poolGroups: { missing: 1, added: 0 }, pools: { missing: 1, added: 0 } },
  },
  '23-backend-wrong-port-and-no-endpoints': {
    reason: 'AKO makes a pool for a port that the Service does not have; here the rule answers 500',
    names: { poolGroups: { missing: 1, added: 0 }, pools: { missing: 1, added: 0 } },
  },
  '24-tls-secret-late': {
    reason: 'AKO does not look at the route again when the Secret comes; here the order does not matter',
    names: rules(0, 1),
  },
  '27-listener-outside-dns-domain': {
    reason: 'AKO refuses hostnames outside the DNS domains; here they are served and left out of DNS',
    names: { parents: { missing: 0, added: 1 }, ...rules(0, 1) },
  },
  '30-gateway-hostname-conflict': {
    reason: 'AKO gives a hostname to one Gateway; here the Gateways of a namespace may share it (ownership.scope)',
    names: { parents: { missing: 0, added: 1 }, ...rules(0, 1) },
  },
  '33-mirror-and-backend-filter': {
    reason: 'AKO ignores the mirror filter in silence; here it has a pool',
    names: { pools: { missing: 0, added: 1 } },
  },
  '36-dedicated-gateway': {
    reason: 'dedicated mode is not offered: the Gateway is an EVH parent with children',
    names: { parents: { missing: 1, added: 1 }, pools: { missing: 4, added: 4 } },
  },
  '44-same-host-two-routes-conflict': {
    reason: 'the younger of two rules with the same match can never be met; it has no objects',
    names: rules(1, 0),
  },
  '46-tcp-tls-listeners-unsupported': {
    reason: 'AKO serves neither TCP nor TLS listeners; here each has a virtual service',
    names: { parents: { missing: 0, added: 2 } },
  },
};
