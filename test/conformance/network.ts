import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/** Addresses of the rig. The suite's Gateways use many ports, so nothing may bind the wildcard address. */
export const addresses = {
  bridge: 'br0',
  /** The node, and the source address of what the data plane sends to pods. */
  node: '10.244.0.1',
  pods: '10.244.0.0/16',
  vips: '10.10.0.0/22',
  /** A VIP that no Gateway gets unless it asks for it: the pool is given out from its start. */
  usableVip: '10.10.3.200',
  /** Not in the pool. */
  unusableVip: '203.0.113.1',
} as const;

/** Sets up the network namespace that this process is in: a bridge for the pods, and all VIPs as local addresses. */
export function setUpNetwork(): void {
  for (const line of [
    'link set lo up',
    `link add ${addresses.bridge} type bridge`,
    `addr add ${addresses.node}/16 dev ${addresses.bridge}`,
    `link set ${addresses.bridge} up`,
    // Each VIP can be bound and reached as soon as a Gateway has it.
    `route add local ${addresses.vips} dev lo`,
  ]) {
    execFileSync('ip', line.split(' '));
  }
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
}
