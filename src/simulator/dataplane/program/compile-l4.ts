/** Compiles what is particular to virtual services below HTTP: network profiles and L4 policies (avi-model.md 2.8, 2.9). */
import { compileAddressMatch } from '../decide/address-match.ts';
import { targetOf } from './compile-policy.ts';
import { byIndex, flag, number, numbers, object, objects, text, type Body } from './fields.ts';
import type { L4Flow, L4Program, L4Rule, Transport } from './l4-program.ts';
import type { Target } from '../decide/target.ts';
import type { Resolve } from './resolve.ts';

export interface CompiledL4 {
  readonly l4: L4Program;
  /** Pools and pool groups that the rules name. */
  readonly targets: readonly Target[];
  readonly problems: readonly string[];
}

const APPLICATIONS: Readonly<Record<string, L4Program['application']>> = {
  APPLICATION_PROFILE_TYPE_L4: 'L4',
  APPLICATION_PROFILE_TYPE_SSL: 'SSL',
};
const seconds = (value: number | undefined, fallback: number): number => (value ?? fallback) * 1000;

/** Avi's defaults where the profile says nothing. */
export function compileTransport(networkProfile: Body | undefined): Transport {
  const profile = object(networkProfile, 'profile');
  const type = text(profile, 'type') ?? 'PROTOCOL_TYPE_TCP_PROXY';
  const idle = (member: string, field: string, fallback: number): number =>
    seconds(number(object(profile, member), field), fallback);
  switch (type) {
    case 'PROTOCOL_TYPE_TCP_PROXY':
      return {
        kind: 'tcp',
        idleMs: idle('tcp_proxy_profile', 'idle_connection_timeout', 600),
        perPacket: false,
      };
    case 'PROTOCOL_TYPE_TCP_FAST_PATH':
      return { kind: 'tcp', idleMs: idle('tcp_fast_path_profile', 'session_idle_timeout', 300), perPacket: false };
    case 'PROTOCOL_TYPE_UDP_FAST_PATH':
      return {
        kind: 'udp',
        idleMs: idle('udp_fast_path_profile', 'session_idle_timeout', 10),
        perPacket: flag(object(profile, 'udp_fast_path_profile'), 'per_pkt_loadbalance', false),
      };
    case 'PROTOCOL_TYPE_UDP_PROXY':
      return { kind: 'udp', idleMs: idle('udp_proxy_profile', 'session_idle_timeout', 10), perPacket: false };
    default:
      return { kind: 'other', idleMs: 0, perPacket: false };
  }
}

/** Undefined when the application profile is neither L4 nor SSL. */
export function compileL4(body: Body, resolve: Resolve): CompiledL4 | undefined {
  const profile = resolve(body['application_profile_ref'])?.body;
  const application = APPLICATIONS[text(profile, 'type') ?? ''];
  if (!application) return undefined;
  const problems: string[] = [];
  const rules = byIndex(objects(body, 'l4_policies'))
    .map((entry) => resolve(entry['l4_policy_set_ref'])?.body)
    .flatMap((set) => byIndex(objects(object(set, 'l4_connection_policy'), 'rules')))
    .flatMap((rule) => compileRule(rule, resolve, problems));
  const tlsIdleMs = seconds(number(object(profile, 'l4_ssl_profile'), 'ssl_stream_idle_timeout'), 3600);
  return { l4: { application, rules, tlsIdleMs }, targets: rules.map(({ target }) => target), problems };
}

function compileRule(rule: Body, resolve: Resolve, problems: string[]): readonly L4Rule[] {
  if (!flag(rule, 'enable', true)) return [];
  const name = text(rule, 'name') ?? '';
  const target = targetOf(object(object(rule, 'action'), 'select_pool'), resolve);
  if (!target) {
    problems.push(`L4 rule ${name}: selects no pool`);
    return [];
  }
  const match = object(rule, 'match');
  const clientIp = object(match, 'client_ip');
  const tests = [
    compilePortTest(object(match, 'port')),
    protocolTest(object(match, 'protocol')),
    ...(clientIp ? [addressTest(compileAddressMatch(clientIp, resolve))] : []),
  ];
  return [{ name, target, matches: (flow) => tests.every((test) => test(flow)) }];
}

type Test = (flow: L4Flow) => boolean;

function addressTest(matches: (address: string | undefined) => boolean): Test {
  return ({ clientIp }) => matches(clientIp);
}

/** Ports of a PortMatch or an L4RulePortMatch; every port without one. */
export function compilePortTest(match: Body | undefined): Test {
  if (!match) return () => true;
  const ports = new Set(numbers(match, 'ports'));
  const ranges = objects(match, 'port_ranges').map((range) => [number(range, 'start') ?? 0, number(range, 'end') ?? 0]);
  const negated = isNegated(match);
  return ({ port }) => {
    const found = ports.has(port) || ranges.some(([start = 0, end = 0]) => start <= port && port <= end);
    return found !== negated;
  };
}

function protocolTest(match: Body | undefined): Test {
  if (!match) return () => true;
  const protocol = text(match, 'protocol')?.replace('PROTOCOL_', '').toLowerCase();
  const negated = isNegated(match);
  return ({ transport }) => (transport === protocol) !== negated;
}

function isNegated(match: Body): boolean {
  return text(match, 'match_criteria') === 'IS_NOT_IN';
}
