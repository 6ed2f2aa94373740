import type { JsonObject } from '../../translate/desired.ts';

/**
 * Ports of a virtual service that it will not have any more: what comes to them is not handed over to anybody. None when
 * the virtual service itself goes, or was not there.
 */
export function gonePorts(before: JsonObject | undefined, after: JsonObject | undefined): ReadonlySet<string> {
  if (!after) return new Set();
  const kept = portsOf(after);
  return new Set([...portsOf(before)].filter((port) => !kept.has(port)));
}

function portsOf(body: JsonObject | undefined): ReadonlySet<string> {
  const services = Array.isArray(body?.services) ? (body.services as readonly JsonObject[]) : [];
  return new Set(services.map(({ port }) => String(port)));
}
