/** Further FQDNs of a host that a HostRule names. */
import type { HostRule } from '../../../generated/extensions.ts';
import { isPreciseHostname } from '../../values/hostnames.ts';
import { list } from '../../values/read.ts';

/** In their order, each once. */
export function distinct(names: readonly string[] | undefined): readonly string[] {
  return [...new Set(list(names).filter((name) => name !== ''))];
}

/** Those that can be had. */
export function aliasesOf({ aliases, fqdn, fqdnType }: HostRule['spec']['virtualhost']): readonly string[] {
  if ((fqdnType ?? 'Exact') !== 'Exact') return [];
  const names = distinct(list(aliases).map((name) => name.toLowerCase()));
  return names.filter((name) => isPreciseHostname(name) && name !== fqdn.toLowerCase());
}
