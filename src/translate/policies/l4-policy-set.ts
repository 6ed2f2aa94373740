/** L4PolicySet: which pool group a port of a virtual service below HTTP leads to, where the port decides it. */
import type { L4Listener } from '../../routing/result/routed-route.ts';
import type { AviObject, JsonObject } from '../desired.ts';
import { hasTraffic } from '../pools/l4-parts.ts';
import { l4GroupName } from '../pools/l4-pools.ts';
import { markers } from '../naming/markers.ts';
import { createdBy, type L4Part } from '../naming/names.ts';
import { ref } from '../naming/refs.ts';
import { choicesOf, groupsOf } from '../virtual-services/tls-choices.ts';
import { aviObject, type TranslateContext } from '../translate-context.ts';

/** One rule for each port and protocol that has a route with traffic; no rule: the connection is closed. */
export function l4PolicySet(context: TranslateContext, part: L4Part, listeners: readonly L4Listener[]): AviObject {
  const { settings, gateway, routed } = context;
  const rules = listeners.flatMap((listener) => portRules(context, listener));
  const body = {
    name: context.l4Name(part),
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    l4_connection_policy: { rules: rules.map((rule, place) => ({ ...rule, index: place + 1 })) },
    markers: markers({ clusterName: settings.clusterName, gateway }),
  };
  return aviObject(context, 'l4policyset', body);
}

/** Without TLS the oldest route has the port; with TLS, here, all names lead to the same pool group or to none. */
function portRules(context: TranslateContext, listener: L4Listener): readonly JsonObject[] {
  const { port, protocol } = listener;
  const poolGroup = protocol === 'TLS' ? groupsOf(choicesOf(context, listener))[0] : groupOfPort(context, listener);
  if (poolGroup === undefined) return [];
  const transport = protocol === 'UDP' ? 'UDP' : 'TCP';
  return [
    {
      name: `${transport.toLowerCase()}-${port}`,
      enable: true,
      match: {
        port: { match_criteria: 'IS_IN', ports: [port] },
        protocol: { match_criteria: 'IS_IN', protocol: `PROTOCOL_${transport}` },
      },
      action: {
        select_pool: {
          action_type: 'L4_RULE_ACTION_SELECT_POOLGROUP',
          pool_group_ref: ref('poolgroup', poolGroup),
        },
      },
    },
  ];
}

function groupOfPort(context: TranslateContext, { routes: [route] }: L4Listener): string | undefined {
  return route && hasTraffic(route) ? l4GroupName(context, { part: 'L4', route }) : undefined;
}
