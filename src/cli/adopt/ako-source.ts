/** What there is of AKO in Kubernetes: its settings, and whether it runs. */
import { readFileSync } from 'node:fs';
import { AppsV1Api, CoreV1Api, type V1StatefulSet } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { loadKubeConfig } from '../../cluster/kube-config.ts';
import { CommandFailure } from '../../main/failure.ts';
import type { ClusterFlags } from '../options.ts';

/** AKO's settings as they are stored; of the Secret only which keys have a value. */
export interface AkoSettings {
  readonly data: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
}

const configMapName = 'avi-k8s-config';
const secretName = 'avi-secret';
const gatewayContainer = 'ako-gateway-api';

interface Manifest {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

/** From files, as `kubectl get configmap,secret -o yaml` prints them. @throws CommandFailure without the ConfigMap. */
export function akoSettingsOfFiles(files: readonly string[]): AkoSettings {
  const manifests = files.flatMap((file) =>
    parseAllDocuments(readFileSync(file, 'utf8')).flatMap((document) => itemsOf(document.toJS())),
  );
  const named = (kind: string, name: string) =>
    manifests.find((manifest) => manifest.kind === kind && manifest.metadata?.name === name);
  const configMap = named('ConfigMap', configMapName);
  if (!configMap) throw new CommandFailure(`no ConfigMap ${configMapName} in ${files.join(', ')}`, 2);
  const secret = named('Secret', secretName);
  return { data: configMap.data ?? {}, secretKeys: filledKeys({ ...secret?.data, ...secret?.stringData }) };
}

function itemsOf(value: unknown): readonly Manifest[] {
  const manifest = (value ?? {}) as Manifest & { readonly items?: readonly Manifest[] };
  return manifest.items ?? [manifest];
}

/** From the cluster. @throws Error of the API server when the ConfigMap cannot be read. */
export async function akoSettingsOfCluster(flags: ClusterFlags, namespace: string): Promise<AkoSettings> {
  const kubeConfig = loadKubeConfig(flags.kubeconfig, flags.context);
  try {
    const api = kubeConfig.makeApiClient(CoreV1Api);
    const configMap = await api.readNamespacedConfigMap({ name: configMapName, namespace });
    const secret = await api.readNamespacedSecret({ name: secretName, namespace }).catch(() => undefined);
    return { data: configMap.data ?? {}, secretKeys: filledKeys(secret?.data ?? {}) };
  } finally {
    await kubeConfig.close();
  }
}

/** Names of AKO's StatefulSets in the namespace whose pods run its Gateway part. */
export async function runningAko(flags: ClusterFlags, namespace: string): Promise<readonly string[]> {
  const kubeConfig = loadKubeConfig(flags.kubeconfig, flags.context);
  try {
    const { items } = await kubeConfig.makeApiClient(AppsV1Api).listNamespacedStatefulSet({ namespace });
    return items.filter(runsGatewayPart).map(({ metadata }) => `${namespace}/${metadata?.name ?? ''}`);
  } finally {
    await kubeConfig.close();
  }
}

/** Pods that are still ending count: they may write yet. */
export function runsGatewayPart({ spec, status }: V1StatefulSet): boolean {
  const containers = spec?.template.spec?.containers ?? [];
  const hasPart = containers.some(({ name, image }) => name === gatewayContainer || image?.includes(gatewayContainer));
  return hasPart && (status?.replicas ?? spec?.replicas ?? 1) > 0;
}

function filledKeys(data: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(data).filter((key) => data[key] !== '');
}
