/** Extensions without an object on the controller, each by itself: whether what it names is there. */
import { readResource } from './backend-extensions.ts';
import type { PolicyKind } from '../policies/policy-index.ts';
import { judgeAttached } from '../fqdn-rules/judge-attached.ts';
import { isAttachedKind, type ExtensionKind } from './extension-kinds.ts';
import type { ObjectKind } from './extension-objects.ts';
import type { JudgedSettings } from './judged-settings.ts';
import { ignoredInfraFields, readInfraSetting } from './infra-settings.ts';
import { ignoredL7Fields, readL7Rule } from './rule-extensions.ts';
import type { RoutingSettings } from '../settings.ts';
import type { Snapshot } from '../snapshot.ts';
import { record, splitKey } from '../../values/read.ts';

/** Kinds that only hold settings. */
export type SettingsKind = Exclude<ExtensionKind, ObjectKind | PolicyKind>;

const nothing: JudgedSettings = { named: [], failures: [], ignored: [] };

/**
 * @param key `namespace/name`, or `name` of an AviInfraSetting; of something that exists, else there is nothing to say
 * @param missing as in `ExtensionSources`
 * @param settings by which Gateways are ours
 */
export function judgeSettings(
  kind: SettingsKind,
  key: string,
  snapshot: Snapshot,
  missing: ReadonlySet<string>,
  settings: Pick<RoutingSettings, 'controllerName'>,
): JudgedSettings {
  const { extensions } = snapshot;
  if (kind === 'RouteBackendExtension') {
    const resource = extensions.RouteBackendExtension.get(key);
    if (!resource) return nothing;
    const sources = { snapshot, missing, onInvalid: 'fail' } as const;
    const { named, failures } = readResource(resource, 'spec', splitKey(key).namespace, sources);
    return { named, failures, ignored: [] };
  }
  if (isAttachedKind(kind)) return judgeAttached(kind, key, snapshot, missing, settings);
  if (kind === 'L7Rule') {
    const resource = extensions.L7Rule.get(key);
    if (!resource) return nothing;
    const { named, failures } = readL7Rule(resource, 'spec', { missing });
    const spec = record(resource.spec);
    return {
      named,
      failures,
      ignored: ignoredL7Fields.filter((field) => spec[field] !== undefined).map((field) => `spec.${field}`),
    };
  }
  const setting = extensions.AviInfraSetting.get(key);
  if (!setting) return nothing;
  const { named, failure } = readInfraSetting(setting, missing);
  const failures = failure === undefined ? [] : [{ reason: 'RefNotFound', message: `spec: ${failure}` }];
  return { named, failures, ignored: ignoredInfraFields(setting) };
}
