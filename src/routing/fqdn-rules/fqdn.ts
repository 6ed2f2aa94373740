/** The FQDNs that HostRules, HTTPRules and SSORules name, and which hosts they mean. */
import { compareText } from '../../values/read.ts';

export interface Fqdn {
  /** Lower case. */
  readonly name: string;
  readonly type: 'Exact' | 'Wildcard' | 'Contains';
}

/**
 * Whether a host, as a route and its listener have it (`*.example.com` for a wildcard), is meant: itself, one that ends as
 * the name does behind its `*`, or one that has the name in it (AKO, `fqdnType`).
 */
export function meansHost({ name, type }: Fqdn, host: string): boolean {
  if (name === '') return false;
  if (type === 'Exact') return host === name;
  return type === 'Wildcard' ? name.startsWith('*') && host.endsWith(name.slice(1)) : host.includes(name);
}

const order: readonly Fqdn['type'][] = ['Exact', 'Wildcard', 'Contains'];

/** Sorts what goes first for a host to the front: exact names, then wildcards, then parts of names, each longest first. */
export function compareFqdns(a: Fqdn, b: Fqdn): number {
  return order.indexOf(a.type) - order.indexOf(b.type) || b.name.length - a.name.length || compareText(a.name, b.name);
}
