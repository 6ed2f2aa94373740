/** What the name that a TLS client asks for leads to, port by port. */
import { compareSpecificity, type Hostname } from '../../values/hostnames.ts';
import type { L4Listener } from '../../routing/result/routed-route.ts';
import { hasTraffic, listenersOf, partOf, refusedShare } from '../pools/l4-parts.ts';
import { l4GroupName } from '../pools/l4-pools.ts';
import type { TranslateContext } from '../translate-context.ts';

/** Where a name leads; undefined is every name. */
export interface Choice {
  readonly hostname: Hostname;
  /** Name of the pool group; without one the name's connections are closed. */
  readonly group?: string;
  /** Per cent of its connections that are closed all the same. */
  readonly refused: number;
}

/** Most specific first, each name once. A listener's own name that no route asks for is closed. */
export function choicesOf(context: TranslateContext, listener: L4Listener): readonly Choice[] {
  const byHostname = new Map<Hostname, Choice>();
  for (const route of listener.routes) {
    const group = hasTraffic(route) ? l4GroupName(context, { part: partOf(listener), route }) : undefined;
    const refused = refusedShare(route);
    for (const hostname of route.hostnames) {
      if (!byHostname.has(hostname))
        byHostname.set(hostname, { hostname, refused, ...(group !== undefined && { group }) });
    }
  }
  for (const { hostname } of listenersOf(context.routed, listener)) {
    if (!byHostname.has(hostname)) byHostname.set(hostname, { hostname, refused: 0 });
  }
  return [...byHostname.values()].sort((a, b) => compareSpecificity(a.hostname, b.hostname));
}

/** The pool groups that a port's names lead to, sorted. */
export function groupsOf(choices: readonly Choice[]): readonly string[] {
  return [...new Set(choices.flatMap(({ group }) => group ?? []))].sort();
}
