/** What the virtual services below HTTP are told. */
import type { VirtualServiceSettings } from '../../routing/extensions/avi-settings.ts';
import { mergeServiceSettings, tlsFields } from '../../routing/extensions/merged-settings.ts';
import type { RoutedGateway } from '../../routing/result/routed-gateway.ts';
import type { L4Listener } from '../../routing/result/routed-route.ts';
import { listenersOf } from '../pools/l4-parts.ts';
import { withListenerTls } from './listener-tls.ts';
import type { L4Part } from '../naming/names.ts';

/** What is not about HTTP. */
const gatewayFields = ['analyticsProfile', 'analyticsPolicy', 'networkSecurityPolicy'] as const;
/** Only of use where the Gateway ends TLS. */
const secureFields = ['sslProfile', ...tlsFields] as const;

/** The Gateway's own settings go before those of L4Rules, and its listeners' before both. */
export function l4Settings(
  routed: Pick<RoutedGateway, 'settings' | 'listeners'>,
  part: L4Part,
  listeners: readonly L4Listener[],
): VirtualServiceSettings {
  const { settings: gateway = {} } = routed;
  const rules = listeners[0]?.settings ?? {};
  if (part === 'TLS') {
    const own = mergeServiceSettings([only(gateway, [...gatewayFields, ...secureFields]), rules]);
    return withListenerTls(own, [...new Set(listeners.flatMap((one) => listenersOf(routed, one)))]);
  }
  const secure: readonly string[] = secureFields;
  const bare = Object.entries(rules).filter(([field]) => !secure.includes(field));
  return mergeServiceSettings([only(gateway, gatewayFields), Object.fromEntries(bare)]);
}

function only(
  settings: VirtualServiceSettings,
  fields: readonly (keyof VirtualServiceSettings)[],
): VirtualServiceSettings {
  const kept: readonly string[] = fields;
  return Object.fromEntries(Object.entries(settings).filter(([field]) => kept.includes(field)));
}
