/** Who may connect to a virtual service: its NetworkSecurityPolicy (avi-swagger, NetworkSecurityRule). */
import { compileAddressMatch } from '../decide/address-match.ts';
import { compilePortTest } from './compile-l4.ts';
import { byIndex, flag, object, objects, text, type Body } from './fields.ts';
import type { L4Flow } from './l4-program.ts';
import type { VirtualServiceProgram } from './program.ts';
import type { Resolve } from './resolve.ts';

interface Rule {
  readonly matches: (flow: L4Flow) => boolean;
  readonly admits: boolean;
}

const ACTIONS: Readonly<Record<string, boolean>> = {
  NETWORK_SECURITY_POLICY_ACTION_TYPE_ALLOW: true,
  NETWORK_SECURITY_POLICY_ACTION_TYPE_DENY: false,
};
const MEMBERS: ReadonlySet<string> = new Set(['client_ip', 'vs_port']);

/** The first rule that matches decides; whom none concerns may connect. */
export function compileNetworkSecurity(
  body: Body,
  resolve: Resolve,
): Pick<VirtualServiceProgram, 'admits' | 'problems'> {
  const policy = resolve(body['network_security_policy_ref'])?.body;
  if (!policy) return { problems: [] };
  const problems: string[] = [];
  const rules = byIndex(objects(policy, 'rules')).flatMap((rule) => compileRule(rule, resolve, problems));
  return { admits: (flow) => rules.find(({ matches }) => matches(flow))?.admits ?? true, problems };
}

function compileRule(rule: Body, resolve: Resolve, problems: string[]): readonly Rule[] {
  if (!flag(rule, 'enable', true)) return [];
  const match = object(rule, 'match') ?? {};
  const admits = ACTIONS[text(rule, 'action') ?? ''];
  const unknown = Object.keys(match).filter((member) => !MEMBERS.has(member));
  if (admits === undefined || unknown.length > 0) {
    const what = admits === undefined ? text(rule, 'action') : unknown.join(', ');
    problems.push(`network security rule ${text(rule, 'name') ?? ''}: ${what} is not simulated`);
    return [];
  }
  const addresses = object(match, 'client_ip');
  const isAddress = addresses && compileAddressMatch(addresses, resolve);
  const isPort = compilePortTest(object(match, 'vs_port'));
  return [{ admits, matches: (flow) => (isAddress?.(flow.clientIp) ?? true) && isPort(flow) }];
}
