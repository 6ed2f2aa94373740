/**
 * Hostnames of listeners and routes (gateway_types.go, Listener.hostname; httproute_types.go, spec.hostnames): exact,
 * or with a leading `*.` that stands for one or more labels and never for the apex. Absent: every host. All functions
 * expect lower case, as `normalizeHostname` makes it.
 */

/** A hostname in lower case; undefined stands for every host. */
export type Hostname = string | undefined;

const pattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const ipv4 = /^\d+\.\d+\.\d+\.\d+$/;
const longest = 253;

/** Lower case; an empty hostname is none. */
export function normalizeHostname(hostname: string | undefined): Hostname {
  return hostname ? hostname.toLowerCase() : undefined;
}

export function isWildcard(hostname: Hostname): hostname is string {
  return hostname?.startsWith('*.') ?? false;
}

/** Whether the text is a name without wildcard, as the API's PreciseHostname; IP addresses are none. */
export function isPreciseHostname(hostname: string): boolean {
  return hostname.length <= longest && pattern.test(hostname) && !ipv4.test(hostname);
}

/** Whether the text is a name, with or without a wildcard, as the API's Hostname. */
export function isHostname(hostname: string): boolean {
  return hostname.length <= longest && isPreciseHostname(isWildcard(hostname) ? hostname.slice(2) : hostname);
}

/** Whether every host that `b` stands for is one that `a` stands for. */
export function covers(a: Hostname, b: Hostname): boolean {
  if (a === undefined) return true;
  if (b === undefined) return false;
  if (a === b) return true;
  return isWildcard(a) && (isWildcard(b) ? b.slice(1) : b).endsWith(a.slice(1));
}

/** What both hostnames stand for; false when that is nothing. Of two that overlap, one always covers the other. */
export function meet(a: Hostname, b: Hostname): Hostname | false {
  if (covers(a, b)) return b;
  if (covers(b, a)) return a;
  return false;
}

/** Whether a request's host (lower case, without port) is one that the hostname stands for. */
export function matches(hostname: Hostname, host: string): boolean {
  if (hostname === undefined) return true;
  if (!isWildcard(hostname)) return host === hostname;
  return host.endsWith(hostname.slice(1)) && host.length > hostname.length - 1;
}

/** Sort key, most specific first: exact before wildcard before none, longer before shorter. */
export function specificity(hostname: Hostname): readonly [number, number] {
  if (hostname === undefined) return [2, 0];
  return [isWildcard(hostname) ? 1 : 0, -hostname.length];
}

/** Negative when `a` is the more specific hostname, 0 when neither is. */
export function compareSpecificity(a: Hostname, b: Hostname): number {
  const left = specificity(a);
  const right = specificity(b);
  return left[0] - right[0] || left[1] - right[1];
}
