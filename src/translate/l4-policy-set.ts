/** L4PolicySet: which pool group a port of the virtual service for TCP and UDP leads to. */
import type { L4Listener } from '../routing/result.ts';
import type { AviObject, JsonObject } from './desired.ts';
import { hasTraffic } from './l4-parts.ts';
import { l4GroupName } from './l4-pools.ts';
import { markers } from './markers.ts';
import { createdBy } from './names.ts';
import { ref } from './refs.ts';
import { aviObject, type TranslateContext } from './translate-context.ts';

/** One rule for each port and protocol that has a route with traffic; no rule: the connection is closed. */
export function l4PolicySet(context: TranslateContext, listeners: readonly L4Listener[]): AviObject {
  const { settings, gateway, routed } = context;
  const rules = listeners.flatMap((listener) => portRules(context, listener));
  const body = {
    name: context.l4Name('L4'),
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    l4_connection_policy: { rules: rules.map((rule, place) => ({ ...rule, index: place + 1 })) },
    markers: markers({ clusterName: settings.clusterName, gateway }),
  };
  return aviObject(context, 'l4policyset', body);
}

function portRules(context: TranslateContext, { port, protocol, routes }: L4Listener): readonly JsonObject[] {
  const [route] = routes;
  if (!route || !hasTraffic(route)) return [];
  const poolGroup = l4GroupName(context, { part: 'L4', route });
  return [
    {
      name: `${protocol.toLowerCase()}-${port}`,
      enable: true,
      match: {
        port: { match_criteria: 'IS_IN', ports: [port] },
        protocol: { match_criteria: 'IS_IN', protocol: `PROTOCOL_${protocol}` },
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
