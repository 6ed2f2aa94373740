import { describe, expect, it } from '@jest/globals';
import { buildKustomization, pick } from './build.ts';

describe('kustomize/overlays/ha', () => {
  const manifests = buildKustomization('overlays/ha');
  const spec = pick(manifests, 'Deployment').spec as {
    readonly replicas: number;
    readonly strategy: unknown;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly priorityClassName: string;
        readonly securityContext: unknown;
        readonly topologySpreadConstraints: readonly {
          readonly topologyKey: string;
          readonly whenUnsatisfiable: string;
          readonly labelSelector: { readonly matchLabels: Readonly<Record<string, string>> };
        }[];
      };
    };
  };
  const base = pick(buildKustomization('overlays/default'), 'Deployment').spec as typeof spec;
  const { labels } = spec.template.metadata;

  it('has replicas that are never on one node, and over zones where there are some', () => {
    expect(spec.replicas).toBe(3);
    const spread = spec.template.spec.topologySpreadConstraints;
    expect(spread.map(({ topologyKey, whenUnsatisfiable }) => [topologyKey, whenUnsatisfiable])).toEqual([
      ['kubernetes.io/hostname', 'DoNotSchedule'],
      ['topology.kubernetes.io/zone', 'ScheduleAnyway'],
    ]);
    for (const { labelSelector } of spread) expect(labels).toMatchObject(labelSelector.matchLabels);
  });

  it('keeps two of them through drains and all of them through a rollout', () => {
    const budget = pick(manifests, 'PodDisruptionBudget').spec as Record<string, unknown>;
    expect(budget).toEqual({ minAvailable: 2, selector: { matchLabels: spec.selector.matchLabels } });
    expect(spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
  });

  it('has a priority of its own, which exists and a user may define', () => {
    const priority = pick(manifests, 'PriorityClass');
    expect(spec.template.spec.priorityClassName).toBe(priority.metadata.name);
    expect(priority.value).toBeGreaterThan(0);
    expect(priority.value).toBeLessThanOrEqual(1_000_000_000);
  });

  it('changes nothing else', () => {
    const { priorityClassName: _priority, topologySpreadConstraints: _spread, ...pod } = spec.template.spec;
    const { topologySpreadConstraints: _before, ...before } = base.template.spec;
    expect(pod).toEqual({ ...before, tolerations: expect.any(Array) as unknown });
  });
});
