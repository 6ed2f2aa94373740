/** Statuses of extensions, in AKO's form: what became of the object on the controller, or whether the settings hold. */
import type { ExtensionObjects } from '../routing/extensions/extension-kinds.ts';
import type { ExtensionProblem, ObjectKind } from '../routing/extensions/extension-objects.ts';
import { fails, fitMessage, holds, withIgnored } from '../routing/conditions.ts';
import type { SettingsKind } from '../routing/extensions/extension-settings.ts';
import { record, text } from '../values/read.ts';
import type { ConditionDraft } from '../routing/result/findings.ts';
import { isDeepStrictEqual } from 'node:util';
import { mergeConditions, metadataOf, readConditions, stampOf } from './compute-conditions.ts';
import type { StatusUpdate } from './update.ts';

/** Who is said to keep the objects: AKO's own name, which tools look for. */
const controller = 'AKOCRDController';

/** How far the object of an extension is. */
export type ObjectProgress =
  | { readonly kind: 'written' | 'unchanged' | 'pending' }
  | ({ readonly kind: 'problem' } & ExtensionProblem)
  | { readonly kind: 'failed'; readonly message: string; readonly code: number | undefined }
  | { readonly kind: 'deletionSkipped'; readonly message: string };

export interface ObjectState {
  readonly tenant: string;
  readonly name: string;
  /** Empty while the controller has no object. */
  readonly uuid: string;
  readonly progress: ObjectProgress;
}

/** Failures that the same call would meet again, by HTTP status (ako-facts.md section 6.8). */
const lasting: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'ConfigurationError',
  409: 'Conflict',
  412: 'ConfigurationError',
  422: 'ValidationError',
  501: 'NotImplemented',
};

/**
 * Status of a HealthMonitor, PKIProfile or ApplicationProfile.
 *
 * @param key `namespace/name`
 * @param now RFC 3339
 */
export function computeObjectStatus(
  kind: ObjectKind,
  key: string,
  resource: ExtensionObjects[ObjectKind],
  { tenant, name, uuid, progress }: ObjectState,
  now: string,
): StatusUpdate {
  const stamp = stampOf(resource, now);
  const previous = record(resource.status);
  const known = readConditions(previous['conditions']);
  const before = known.find(({ type }) => type === 'Programmed');
  const status = {
    ...previous,
    backendObjectName: name,
    conditions: mergeConditions(known, [programmed(progress, before, uuid)], ['Programmed'], stamp),
    controller,
    ...(stamp.generation === undefined ? {} : { observedGeneration: stamp.generation }),
    tenant,
    uuid,
  };
  return {
    apiVersion: apiVersionOf(kind),
    kind,
    metadata: metadataOf(key, stamp),
    status: updated(status, previous, now),
  };
}

function programmed(progress: ObjectProgress, before: ConditionDraft | undefined, uuid: string): ConditionDraft {
  switch (progress.kind) {
    case 'unchanged':
      return before?.status === 'True' ? before : holds('Programmed', 'Created', 'The controller has the object');
    case 'written':
      return before?.status === 'True'
        ? holds('Programmed', 'Updated', 'The controller has the object as it is specified now')
        : holds('Programmed', 'Created', 'The controller has the object');
    case 'pending':
      return { type: 'Programmed', status: 'Unknown', reason: 'Pending', message: 'Waiting for the controller' };
    case 'problem':
      return fails('Programmed', progress.reason, fitMessage(progress.message));
    case 'deletionSkipped':
      return fails('Programmed', 'DeletionSkipped', fitMessage(progress.message));
    case 'failed': {
      const reason = lasting[progress.code ?? 0] ?? (uuid === '' ? 'CreationFailed' : 'UpdateFailed');
      return fails('Programmed', reason, fitMessage(progress.message));
    }
  }
}

/** What keeps settings from being used; nothing where they hold. */
export interface Acceptance {
  readonly reason: string;
  readonly messages: readonly string[];
  /** Paths of fields that are not honoured. */
  readonly ignored: readonly string[];
}

export type { SettingsKind } from '../routing/extensions/extension-settings.ts';

/** As AKO has it. */
const notOffered = 'of no use to the Gateway API';

/** Status of an extension without an object: AKO's `status` and `error`, and the same as a condition. */
export function computeAcceptance(
  kind: SettingsKind,
  key: string,
  resource: ExtensionObjects[SettingsKind],
  { reason, messages, ignored }: Acceptance,
  now: string,
): StatusUpdate {
  const stamp = stampOf(resource, now);
  const previous = record(resource.status);
  const error = messages.join('; ');
  const accepted =
    messages.length === 0
      ? holds(
          'Accepted',
          'Accepted',
          withIgnored(
            'All that is named is there',
            ignored.map((field) => ({ field, message: notOffered })),
          ),
        )
      : fails('Accepted', reason, fitMessage(error));
  const status = {
    ...previous,
    status: messages.length === 0 ? 'Accepted' : 'Rejected',
    error,
    controller,
    conditions: mergeConditions(readConditions(previous['conditions']), [accepted], ['Accepted'], stamp),
  };
  return { apiVersion: apiVersionOf(kind), kind, metadata: metadataOf(key, stamp), status };
}

const apiVersions: Readonly<Record<ObjectKind | SettingsKind, string>> = {
  ApplicationProfile: 'ako.vmware.com/v1alpha1',
  AviInfraSetting: 'ako.vmware.com/v1beta1',
  HealthMonitor: 'ako.vmware.com/v1alpha1',
  HTTPRule: 'ako.vmware.com/v1beta1',
  HostRule: 'ako.vmware.com/v1beta1',
  L4Rule: 'ako.vmware.com/v1alpha2',
  L7Rule: 'ako.vmware.com/v1alpha2',
  PKIProfile: 'ako.vmware.com/v1alpha1',
  RouteBackendExtension: 'ako.vmware.com/v1alpha1',
  SSORule: 'ako.vmware.com/v1alpha2',
};

function apiVersionOf(kind: ObjectKind | SettingsKind): string {
  return apiVersions[kind];
}

/** `lastUpdated` moves only with the rest. */
function updated(
  status: Readonly<Record<string, unknown>>,
  previous: Readonly<Record<string, unknown>>,
  now: string,
): Readonly<Record<string, unknown>> {
  const isSame = Object.entries(status).every(([name, value]) => isDeepStrictEqual(value, previous[name]));
  return { ...status, lastUpdated: (isSame && text(previous['lastUpdated'])) || now };
}
