/**
 * What the API server would do with an object that somebody applies: complete it, or refuse it and say why.
 */
import type { Problem } from '../routing/result/findings.ts';
import { complete } from './admission/complete.ts';
import { coreKinds, validateCore, type CoreKind } from './admission/core.ts';
import { validateMetadata } from './admission/names.ts';
import { customSchemas, isRecord, type FieldProblem, type KindSchema } from './admission/schema.ts';
import { validateRules } from './admission/rules.ts';
import { validateStructure } from './admission/structure.ts';
import { watchedKinds, type WatchedKind, type WatchedObjects } from './kinds.ts';

/** An admitted object of a watched kind. */
export type Admitted = {
  readonly [K in WatchedKind]: { readonly kind: K; readonly object: WatchedObjects[K] };
}[WatchedKind];

/** `admitted` is absent when the object was refused, or is of a kind that does not concern the operator. */
export interface Admission {
  readonly admitted?: Admitted;
  readonly problems: readonly Problem[];
}

type Fields = Readonly<Record<string, unknown>>;

const maxProblems = 10;

/** Kinds that often stand beside Gateways in manifests and do not concern the operator. */
const bystanders: Readonly<Record<string, readonly string[]>> = {
  v1: ['ServiceAccount', 'PersistentVolumeClaim', 'PersistentVolume', 'LimitRange', 'ResourceQuota', 'Endpoints'],
  'apps/v1': ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'],
  'batch/v1': ['Job', 'CronJob'],
  'autoscaling/v2': ['HorizontalPodAutoscaler'],
  'policy/v1': ['PodDisruptionBudget'],
  'networking.k8s.io/v1': ['NetworkPolicy', 'Ingress', 'IngressClass'],
  'rbac.authorization.k8s.io/v1': ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
  'apiextensions.k8s.io/v1': ['CustomResourceDefinition'],
};

/**
 * @param value one document, as parsed.
 * @param where names the document in messages about it when it has no name itself, as `file.yaml#2`.
 * @param now RFC 3339; the creationTimestamp of an object without one.
 */
export function admit(value: unknown, where: string, now: string): Admission {
  if (!isRecord(value))
    return refuse(where, [
      { field: '', message: 'is not a Kubernetes object: expected a map with apiVersion and kind' },
    ]);
  const { apiVersion, kind } = value;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    const field = typeof apiVersion === 'string' ? 'kind' : 'apiVersion';
    return refuse(where, [{ field, message: `is required and must be text, so that the kind of object is known` }]);
  }
  if (Object.hasOwn(bystanders, apiVersion) && bystanders[apiVersion]?.includes(kind)) return { problems: [] };
  const core = Object.hasOwn(coreKinds, kind) ? coreKinds[kind] : undefined;
  if (core && core.apiVersion === apiVersion) return admitCore(value, kind, core, where, now);
  const [group, version] = apiVersion.split('/');
  const schema = Object.hasOwn(customSchemas(), kind) ? customSchemas()[kind] : undefined;
  if (!schema || group !== schema.group || !isWatched(kind)) return refuse(where, [unknownKind(apiVersion, kind)]);
  if (!schema.served.includes(version ?? '')) {
    const versions = schema.served.map((served) => `${group}/${served}`).join(', ');
    return refuse(where, [
      { field: 'apiVersion', message: `${apiVersion} is not served for kind ${kind}; use ${versions}` },
    ]);
  }
  return admitCustom(value, kind, schema, where, now);
}

function admitCore(value: Fields, kind: string, core: CoreKind, where: string, now: string): Admission {
  const object = withMetadata(value, core.namespaced, now);
  const resource = resourceName(kind, object.metadata, where);
  const problems = validateMetadata(object.metadata, core.name, core.namespaced);
  const result = validateCore(object, core);
  const all = [...problems, ...result.problems];
  if (all.length > 0 || !result.object) return refuse(resource, all);
  return { admitted: { kind, object: result.object } as unknown as Admitted, problems: [] };
}

function admitCustom(value: Fields, kind: WatchedKind, schema: KindSchema, where: string, now: string): Admission {
  const namespaced = schema.scope === 'Namespaced';
  // A status that somebody applies is ignored: it has a subresource of its own.
  const { status: _, ...applied } = value;
  const named = withMetadata(applied, namespaced, now);
  const resource = resourceName(kind, named.metadata, where);
  const unknown: FieldProblem[] = [];
  const object = complete(named, schema.schema, '', unknown) as Fields;
  const structure = [
    ...validateMetadata(object.metadata, 'subdomain', namespaced),
    ...validateStructure(object, schema.schema),
  ];
  // Rules read fields that the structure promises.
  const problems = structure.length > 0 ? structure : validateRules(object, schema.schema);
  if (problems.length > 0) return refuse(resource, [...problems, ...unknown]);
  return {
    admitted: { kind, object } as unknown as Admitted,
    problems: unknown.map((problem) => ({ resource, ...problem })),
  };
}

/** What the API server and kubectl fill in. */
function withMetadata(value: Fields, namespaced: boolean, now: string): Fields {
  if (!isRecord(value.metadata)) return value;
  const { namespace, creationTimestamp, generation, ...rest } = value.metadata;
  const metadata = {
    ...rest,
    ...(namespaced ? { namespace: namespace ?? 'default' } : {}),
    creationTimestamp: creationTimestamp ?? now,
    generation: generation ?? 1,
  };
  const labelled = value.kind === 'Namespace' && typeof rest.name === 'string';
  return { ...value, metadata: labelled ? withNameLabel(metadata, rest.name as string) : metadata };
}

function withNameLabel(metadata: Fields, name: string): Fields {
  const labels = isRecord(metadata.labels) ? metadata.labels : {};
  return { ...metadata, labels: { ...labels, 'kubernetes.io/metadata.name': name } };
}

function resourceName(kind: string, metadata: unknown, where: string): string {
  if (!isRecord(metadata) || typeof metadata.name !== 'string') return where;
  const parts = [kind, metadata.namespace, metadata.name];
  return parts.filter((part) => typeof part === 'string').join('/');
}

function unknownKind(apiVersion: string, kind: string): FieldProblem {
  const kinds = watchedKinds.join(', ');
  return {
    field: 'kind',
    message: `${kind} of ${apiVersion} is not a kind that is handled here; the object is ignored. Handled are ${kinds}`,
  };
}

function isWatched(kind: string): kind is WatchedKind {
  return (watchedKinds as readonly string[]).includes(kind);
}

function refuse(resource: string, problems: readonly FieldProblem[]): Admission {
  return { problems: problems.slice(0, maxProblems).map((problem) => ({ resource, ...problem })) };
}
