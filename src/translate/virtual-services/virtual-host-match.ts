/** `vh_matches` of a child: which hosts, paths and ports it claims. */
import { compareText } from '../../values/read.ts';
import type { JsonObject } from '../desired.ts';
import type { OwnedKeys } from '../naming/owned-keys.ts';
import type { PathCondition } from '../policies/path-keys.ts';
import { pathMatch, portMatch } from '../policies/match-target.ts';

/** The path keys of one host; the ports of equal keys are together. */
export interface HostMatch {
  readonly hostname: string;
  readonly keys: readonly (PathCondition & { readonly ports: readonly number[] })[];
}

/** Sorted by host, and for each host by path. */
export function hostMatchesOf(owned: readonly OwnedKeys[]): readonly HostMatch[] {
  const hosts = [...Map.groupBy(owned, ({ at }) => at.hostname)].sort(([a], [b]) => compareText(a, b));
  return hosts.map(([hostname, parts]) => ({ hostname, keys: keysWithPorts(parts) }));
}

/** Avi's `VHMatch` list. Rules are named as AKO names them, `rule-<n>`. */
export function virtualHostMatches(hostMatches: readonly HostMatch[]): readonly JsonObject[] {
  return hostMatches.map(({ hostname, keys }) => ({
    host: hostname,
    rules: keys.map(({ ports, ...path }, index) => ({
      name: `rule-${index}`,
      matches: { path: pathMatch(path), vs_port: portMatch(ports) },
    })),
  }));
}

function keysWithPorts(parts: readonly OwnedKeys[]): HostMatch['keys'] {
  const keys = new Map<string, { readonly path: PathCondition; readonly ports: Set<number> }>();
  for (const { at, keys: owned } of parts) {
    for (const { criteria, value } of owned) {
      const id = `${value} ${criteria}`;
      const known = keys.get(id) ?? { path: { criteria, value }, ports: new Set<number>() };
      known.ports.add(at.port);
      keys.set(id, known);
    }
  }
  return [...keys]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, { path, ports }]) => ({ ...path, ports: [...ports].sort((a, b) => a - b) }));
}
