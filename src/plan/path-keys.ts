/** Which requests a child virtual service claims, for the order of make before break. */
import type { Json, JsonObject } from '../translate/desired.ts';

/** Claims as texts of host and match, one for each entry of `vh_matches[].rules[]`. */
export function pathKeys(body: JsonObject | undefined): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const match of objects(body?.vh_matches)) {
    for (const rule of objects(match.rules)) {
      for (const key of claims(match.host, rule.matches as JsonObject | undefined)) keys.add(key);
    }
  }
  return keys;
}

/** Hosts of `vh_matches[]`. */
export function claimedHosts(body: JsonObject | undefined): ReadonlySet<string> {
  return new Set(objects(body?.vh_matches).map(({ host }) => String(host)));
}

function claims(host: Json | undefined, target: JsonObject | undefined): readonly string[] {
  const path = target?.path as JsonObject | undefined;
  const ports = (target?.vs_port as JsonObject | undefined)?.ports;
  const values = Array.isArray(path?.match_str) ? path.match_str : [''];
  return values.flatMap((value) =>
    (Array.isArray(ports) ? ports : ['*']).map((port) => JSON.stringify([host, port, path?.match_criteria, value])),
  );
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
}
