/** What listeners say themselves of what clients may use. */
import type { VirtualServiceSettings } from '../../routing/extensions/avi-settings.ts';
import { mergeServiceSettings } from '../../routing/extensions/merged-settings.ts';
import type { RoutedListener } from '../../routing/result/routed-listener.ts';

/**
 * Settings of a virtual service with those of its listeners before them.
 *
 * @param listeners those that it serves: they agree where they say something
 */
export function withListenerTls<T extends VirtualServiceSettings | undefined>(
  settings: T,
  listeners: readonly RoutedListener[],
): T | VirtualServiceSettings {
  const said = listeners.find(({ tlsSettings }) => tlsSettings)?.tlsSettings;
  return said ? mergeServiceSettings([said, settings ?? {}]) : settings;
}
