/** Annotations that every Gateway API CRD carries. */
export const bundleVersionAnnotation = 'gateway.networking.k8s.io/bundle-version';
export const channelAnnotation = 'gateway.networking.k8s.io/channel';

/** A CRD as far as its bundle is concerned. */
export interface InstalledCrd {
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

/** Label of the CRDs that are written for this operator. */
export const partOfLabel = 'app.kubernetes.io/part-of';
export const partOf = 'avi-gateway-operator';

/** Names among `wanted` of CRDs that somebody else has installed, as AKO has; they are left as they are. */
export function foreignCrds(installed: readonly InstalledCrd[], wanted: readonly string[]): readonly string[] {
  return installed
    .filter(({ metadata: { name, labels } }) => wanted.includes(name) && labels?.[partOfLabel] !== partOf)
    .map(({ metadata }) => metadata.name);
}

/**
 * Orders bundle versions such as `v1.7.0` and `v1.7.0-rc.2`: negative when `a` is older, 0 when equal.
 * Throws for anything else.
 */
export function compareBundleVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)];
  for (const [index, number] of left.numbers.entries()) {
    const difference = number - (right.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  // A pre-release comes before its release.
  if (left.preRelease === '' || right.preRelease === '') return right.preRelease.length - left.preRelease.length;
  return left.preRelease.localeCompare(right.preRelease, 'en', { numeric: true });
}

function parse(version: string): { readonly numbers: readonly number[]; readonly preRelease: string } {
  const found = /^v(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/.exec(version);
  if (!found) throw new Error(`${version} is no bundle version of the Gateway API (as v1.7.0)`);
  return { numbers: found.slice(1, 4).map(Number), preRelease: found[4] ?? '' };
}

/** Why the standard channel's CRDs of `version` must not be applied over those found on the cluster; empty if they may. */
export function installObstacles(installed: readonly InstalledCrd[], version: string): readonly string[] {
  return installed.flatMap(({ metadata: { name, annotations = {} } }) => {
    const found = annotations[bundleVersionAnnotation];
    const newer = found !== undefined && compareBundleVersions(found, version) > 0;
    if (newer) return [`${name} is of bundle ${found}, newer than ${version}: a downgrade can lose data`];
    if (annotations[channelAnnotation] !== 'experimental') return [];
    return [`${name} is of the experimental channel: the standard channel's would drop its experimental fields`];
  });
}
