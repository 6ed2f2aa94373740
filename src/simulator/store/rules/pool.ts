import ipaddr from 'ipaddr.js';
import { isObject } from '../document.ts';
import { refuseField } from '../errors.ts';
import type { RuleContext } from './rule.ts';

/** Pool: server names and addresses (avi-model.md 2.5, 4.4). */
export function poolRule({ draft, strict }: RuleContext): void {
  draft['fail_action'] ??= { type: 'FAIL_ACTION_CLOSE_CONN' };
  const seen = new Set<string>();
  for (const server of Array.isArray(draft['servers']) ? (draft['servers'] as unknown[]) : []) {
    if (!isObject(server) || !isObject(server['ip'])) continue;
    checkAddress('servers', server['ip']);
    const address = String(server['ip']['addr']);
    server['hostname'] ??= address;
    const key = `${address} ${String(server['port'] ?? draft['default_server_port'])}`;
    if (strict && seen.has(key)) throw refuseField('servers', `servers: ${key} is given twice.`);
    seen.add(key);
  }
}

/** An IpAddr's text fits its type; DNS names are refused, as real controllers do (avi-model.md 2.5). */
export function checkAddress(field: string, address: Readonly<Record<string, unknown>>): void {
  const value = String(address['addr']);
  const valid =
    address['type'] === 'V4'
      ? ipaddr.IPv4.isValidFourPartDecimal(value)
      : address['type'] === 'V6' && ipaddr.IPv6.isValid(value);
  if (!valid) throw refuseField(field, `${field}: Invalid IP address format '${value}'.`);
}
