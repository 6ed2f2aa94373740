/** The permissions of the roles that are shipped, one by one, and roles that lack one of them. */
import type { Manifest } from '../cluster/tools/manifest.ts';
import { buildKustomization, buildWithComponent } from '../kustomize/build.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** One verb on one resource. */
export interface Grant {
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  /** With the subresource: `gateways/status`. */
  readonly resource: string;
  readonly resourceNames?: readonly string[];
}

/** `get gateway.networking.k8s.io/gateways` */
export const nameOf = ({ verb, group, resource }: Grant): string => `${verb} ${group}/${resource}`;

/** All that the operator's service account may do with every component of kustomize/, without repetition. */
export function shippedGrants(): readonly Grant[] {
  const manifests = [
    ...buildKustomization('overlays/default'),
    ...buildWithComponent('calico'),
    ...buildWithComponent('node-port-local'),
  ];
  const grants = manifests
    .filter(({ kind, metadata }) => /Role$/.test(kind) && metadata.name.startsWith('avi-gateway-operator'))
    .flatMap(({ rules }) => rules as readonly Rule[])
    .flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => ({ verb, group, resource, ...(resourceNames && { resourceNames }) })),
        ),
      ),
    );
  return [...new Map(grants.map((grant) => [nameOf(grant), grant])).values()];
}

/** A ClusterRole with these permissions for a user of the same name. */
export function roleOf(user: string, grants: readonly Grant[]): readonly Manifest[] {
  const rules = grants.map(({ verb, group, resource, resourceNames }) => ({
    apiGroups: [group],
    resources: [resource],
    verbs: [verb],
    ...(resourceNames && { resourceNames }),
  }));
  const apiGroup = 'rbac.authorization.k8s.io';
  const apiVersion = `${apiGroup}/v1`;
  return [
    { apiVersion, kind: 'ClusterRole', metadata: { name: user }, rules },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: user },
      roleRef: { apiGroup, kind: 'ClusterRole', name: user },
      subjects: [{ apiGroup, kind: 'User', name: user }],
    },
  ];
}

/** What the API server says of a permission that is missing, and the operator repeats. */
export const complaint = ({ verb, group, resource }: Grant): string =>
  `cannot ${verb} resource "${resource}" in API group "${group}"`;
