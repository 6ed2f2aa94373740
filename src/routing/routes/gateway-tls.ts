/** Who says what clients of a Gateway may use. */
import type { AviName } from '../extensions/avi-settings.ts';
import { tlsFields } from '../extensions/merged-settings.ts';
import type { SettingsOrigins } from '../result/routed-backend.ts';
import { listenerId, type RoutedListener } from '../result/routed-listener.ts';

/** What says which SSL profile the HTTPS listeners have, before HostRules do. */
export function decidesTls(
  listeners: readonly Pick<RoutedListener, 'name' | 'set' | 'protocol' | 'tlsSettings'>[],
  { origins }: { readonly origins: SettingsOrigins },
): string | undefined {
  const listener = listeners.find(({ protocol, tlsSettings }) => protocol === 'HTTPS' && tlsSettings);
  if (listener) return `listener ${listenerId(listener)}`;
  return ['sslProfile', ...tlsFields].map((field) => origins[field]).find((origin) => origin !== undefined);
}

/** SSL profiles that listeners name. */
export function profilesOf(listeners: readonly RoutedListener[]): readonly AviName[] {
  return listeners.flatMap(({ tlsSettings }) =>
    tlsSettings?.sslProfile === undefined ? [] : [{ type: 'sslprofile', name: tlsSettings.sslProfile } as const],
  );
}
