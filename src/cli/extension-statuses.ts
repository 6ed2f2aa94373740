/** Statuses of extensions as they are before the controller has answered. */
import { extensionKinds } from '../routing/extensions/extension-kinds.ts';
import { extensionName, isObjectKind, judgeObject, type ObjectKind } from '../routing/extensions/extension-objects.ts';
import { judgeSettings, type SettingsKind } from '../routing/extensions/extension-settings.ts';
import { isPolicyKind } from '../routing/policies/policy-index.ts';
import { tenantOf } from '../routing/routes/tenant.ts';
import type { RoutingSettings } from '../routing/settings.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { computeAcceptance, computeObjectStatus } from '../status/compute-extension.ts';
import type { StatusUpdate } from '../status/update.ts';
import { nameOfExtension } from '../translate/profiles/extension-object.ts';

/**
 * What the controller has is not known, so it counts as having what is named. Policies are left out: their statuses are
 * those of the Gateways that they concern.
 *
 * @param now RFC 3339
 */
export function extensionStatuses(
  snapshot: Snapshot,
  settings: RoutingSettings,
  clusterName: string,
  now: string,
): readonly StatusUpdate[] {
  return extensionKinds.flatMap((kind) => {
    if (isPolicyKind(kind)) return [];
    const keys = [...snapshot.extensions[kind].keys()];
    return keys.flatMap((key) =>
      isObjectKind(kind)
        ? objectStatus(kind, key, snapshot, settings, clusterName, now)
        : settingsStatus(kind, key, snapshot, settings, now),
    );
  });
}

function objectStatus(
  kind: ObjectKind,
  key: string,
  snapshot: Snapshot,
  settings: RoutingSettings,
  clusterName: string,
  now: string,
): readonly StatusUpdate[] {
  const resource = snapshot.extensions[kind].get(key);
  if (!resource) return [];
  const judged = judgeObject(kind, key, snapshot);
  const progress =
    'problem' in judged ? ({ kind: 'problem', ...judged.problem } as const) : ({ kind: 'pending' } as const);
  const name = nameOfExtension(clusterName, extensionName(kind, key, snapshot.extensions));
  const state = { tenant: tenantOf(snapshot, key, settings), name, uuid: '', progress };
  return [computeObjectStatus(kind, key, resource, state, now)];
}

function settingsStatus(
  kind: SettingsKind,
  key: string,
  snapshot: Snapshot,
  settings: RoutingSettings,
  now: string,
): readonly StatusUpdate[] {
  const resource = snapshot.extensions[kind].get(key);
  if (!resource) return [];
  const { failures, ignored } = judgeSettings(kind, key, snapshot, new Set(), settings);
  const messages = failures.map(({ message }) => message);
  return [computeAcceptance(kind, key, resource, { reason: 'Rejected', messages, ignored }, now)];
}
