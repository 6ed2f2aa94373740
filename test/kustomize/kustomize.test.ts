import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { configSchema } from '../../src/config/schema.ts';
import { kindsFor, resources } from '../../src/cluster/kinds.ts';
import { buildKustomization, buildWithComponent, pick } from './build.ts';
import type { Manifest } from '../cluster/tools/manifest.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}
interface PodSpec {
  readonly serviceAccountName: string;
  readonly securityContext: object;
  readonly containers: readonly {
    readonly image: string;
    readonly args: readonly string[];
    readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
    readonly securityContext: object;
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
    readonly [probe: string]: unknown;
  }[];
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { name: string };
    readonly secret?: { secretName: string };
  }[];
}
interface Deployment {
  readonly replicas: number;
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: PodSpec;
  };
}

const builds = ['base', 'overlays/default', 'overlays/dev'];
const rules = (manifest: Manifest) => manifest.rules as readonly Rule[];
const deployment = (manifests: readonly Manifest[]) => pick(manifests, 'Deployment').spec as Deployment;
const configOf = (manifests: readonly Manifest[]) => {
  const text = (pick(manifests, 'ConfigMap').data as Record<string, string>)['config.yaml'] ?? '';
  return configSchema.parse(parse(text));
};

function granted(manifests: readonly Manifest[], group: string, resource: string): readonly string[] {
  return manifests
    .filter(({ kind, metadata }) => /Role$/.test(kind) && metadata.name.startsWith('avi-gateway-operator'))
    .flatMap(rules)
    .filter((rule) => rule.apiGroups.includes(group) && rule.resources.includes(resource))
    .flatMap((rule) => rule.verbs);
}

describe.each(builds)('kustomize/%s', (folder) => {
  const manifests = buildKustomization(folder);

  it('puts everything namespaced into one namespace that enforces the restricted Pod Security standard', () => {
    expect(pick(manifests, 'Namespace').metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
    const clusterScoped = ['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'GatewayClass'];
    const others = manifests.filter(({ kind }) => !clusterScoped.includes(kind));
    expect(new Set(others.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['avi-gateway-system']));
  });

  it('runs the operator as the restricted standard wants it', () => {
    const { spec } = deployment(manifests).template;
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    for (const container of spec.containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it('has a configuration that the operator accepts, with probes and credentials where it looks for them', () => {
    const config = configOf(manifests);
    const [operator] = deployment(manifests).template.spec.containers;
    expect(operator?.args).toEqual(['run', '--config', '/etc/avi-gateway/config.yaml']);
    expect(operator?.volumeMounts.map(({ mountPath }) => mountPath)).toContain(config.controller.credentialsDir);
    expect(operator?.ports).toEqual([{ name: 'http', containerPort: Number(config.server.listen.split(':').at(-1)) }]);
    expect(operator?.livenessProbe).toMatchObject({ httpGet: { path: '/healthz', port: 'http' } });
    expect(operator?.readinessProbe).toMatchObject({ httpGet: { path: '/readyz', port: 'http' } });
    expect(pick(manifests, 'GatewayClass').spec).toEqual({ controllerName: config.controllerName });
  });

  it('refers to its own ConfigMap, account and pods', () => {
    const { selector, template } = deployment(manifests);
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(template.spec.serviceAccountName).toBe(pick(manifests, 'ServiceAccount').metadata.name);
    const configMaps = template.spec.volumes.flatMap(({ configMap }) => configMap?.name ?? []);
    expect(configMaps).toEqual([pick(manifests, 'ConfigMap').metadata.name]);
    expect((pick(manifests, 'Service').spec as { selector: object }).selector).toEqual(selector.matchLabels);
    expect(pick(manifests, 'PodDisruptionBudget').spec).toMatchObject({ maxUnavailable: 1, selector });
    for (const binding of manifests.filter(({ kind }) => kind.endsWith('RoleBinding'))) {
      expect(binding.subjects).toEqual([
        { kind: 'ServiceAccount', name: 'avi-gateway-operator', namespace: 'avi-gateway-system' },
      ]);
    }
  });

  it('grants what the operator watches and writes, and nothing more', () => {
    for (const { group, plural } of kindsFor({ serviceType: 'ClusterIP' }).map((kind) => resources[kind])) {
      expect({ plural, verbs: granted(manifests, group, plural) }).toEqual({
        plural,
        verbs: expect.arrayContaining(['list', 'watch']),
      });
    }
    const writes = manifests
      .filter(({ kind, metadata }) => /Role$/.test(kind) && !metadata.name.startsWith('avi-gateway-persona'))
      .flatMap(rules)
      .filter(({ verbs }) => verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)))
      .flatMap((rule) => rule.resources);
    expect(writes.sort()).toEqual([
      'applicationprofiles',
      'applicationprofiles/status',
      'avibackendpolicies/status',
      'avifrontendpolicies/status',
      'aviinfrasettings/status',
      'backendtlspolicies/status',
      'events',
      'gatewayclasses',
      'gatewayclasses/status',
      'gateways/status',
      'grpcroutes/status',
      'healthmonitors',
      'healthmonitors/status',
      'hostrules/status',
      'httproutes/status',
      'httprules/status',
      'l4rules/status',
      'l7rules/status',
      'leases',
      'listenersets/status',
      'pkiprofiles',
      'pkiprofiles/status',
      'routebackendextensions/status',
      'ssorules/status',
      'tcproutes/status',
      'tlsroutes/status',
      'udproutes/status',
    ]);
    expect(
      manifests
        .filter(({ kind }) => /Role$/.test(kind))
        .flatMap(rules)
        .filter((rule) => JSON.stringify(rule).includes('*')),
    ).toEqual([]);
    expect(pick(manifests, 'Role').metadata.name).toBe('avi-gateway-operator-leases');
  });
});

describe('kustomize', () => {
  it('has two replicas by default, and no credentials', () => {
    const manifests = buildKustomization('overlays/default');
    expect(deployment(manifests).replicas).toBe(2);
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });

  it('gives the personas what their built-in roles aggregate', () => {
    const manifests = buildKustomization('base');
    const persona = (name: string) => pick(manifests, 'ClusterRole', `avi-gateway-persona-${name}`);
    for (const name of ['view', 'edit', 'admin']) {
      expect(persona(name).metadata.labels).toMatchObject({
        [`rbac.authorization.k8s.io/aggregate-to-${name}`]: 'true',
      });
    }
    expect(rules(persona('edit')).flatMap((rule) => rule.resources)).not.toContain('gateways');
    expect(rules(persona('admin')).flatMap((rule) => rule.resources)).toContain('gateways');
  });

  it('adds a ServiceMonitor for the port and path of the metrics with components/metrics', () => {
    const manifests = buildWithComponent('metrics');
    const monitor = pick(manifests, 'ServiceMonitor').spec as { endpoints: { port: string; path: string }[] };
    const service = pick(manifests, 'Service').spec as { ports: { name: string }[] };
    expect(monitor.endpoints).toMatchObject([{ port: service.ports[0]?.name, path: '/metrics' }]);
  });

  it('adds the alerts with components/alerts, and the dashboard for Grafana with components/dashboard', () => {
    const rule = pick(buildWithComponent('alerts'), 'PrometheusRule');
    expect(rule.metadata).toMatchObject({ name: 'avi-gateway-operator', namespace: 'avi-gateway-system' });
    const dashboard = pick(buildWithComponent('dashboard'), 'ConfigMap', 'avi-gateway-dashboard');
    expect(dashboard.metadata.labels).toEqual({ grafana_dashboard: '1' });
    const [json] = Object.values(dashboard.data as Record<string, string>);
    expect(JSON.parse(json ?? '')).toMatchObject({ title: 'Avi Gateway Operator' });
  });

  it('lets the operator out to DNS, the API server and the controller with components/network-policy', () => {
    const policy = pick(buildWithComponent('network-policy'), 'NetworkPolicy').spec as {
      egress: { ports: { port: number }[] }[];
    };
    const ports = policy.egress.flatMap((rule) => rule.ports.map(({ port }) => port));
    expect(new Set(ports)).toEqual(new Set([53, 443, 6443]));
  });

  it('lets the operator watch Pods, and nothing else, with components/node-port-local', () => {
    const manifests = buildWithComponent('node-port-local');
    expect(rules(pick(manifests, 'ClusterRole', 'avi-gateway-operator-pods'))).toEqual([
      { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
    ]);
    const binding = pick(manifests, 'ClusterRoleBinding', 'avi-gateway-operator-pods');
    expect(binding.subjects).toEqual([
      { kind: 'ServiceAccount', name: 'avi-gateway-operator', namespace: 'avi-gateway-system' },
    ]);
  });

  it('lets the operator watch what Calico gives to nodes with components/calico', () => {
    const role = pick(buildWithComponent('calico'), 'ClusterRole', 'avi-gateway-operator-calico');
    expect(rules(role)).toEqual([
      { apiGroups: ['crd.projectcalico.org'], resources: ['blockaffinities'], verbs: ['list', 'watch'] },
    ]);
  });
});
