/** AKO's ConfigMap and Secret as a configuration of ours (docs/configuration.md names the keys of both). Pure. */

/** A configuration as a tree of plain values, and what of AKO's could not be carried over. */
export interface TranslatedConfig {
  readonly config: Readonly<Record<string, unknown>>;
  /** One sentence each. */
  readonly notes: readonly string[];
}

type Data = Readonly<Record<string, string>>;

/** Keys that are read; the others are for Ingress, or have no effect on AKO's Gateways. */
const withoutMeaning: Readonly<Record<string, string>> = {
  deleteConfig: 'deleteConfig is true: AKO deletes all its objects. Set it to false before anything else',
  dedicatedTenantMode: 'dedicatedTenantMode is not supported; the tenant is that of tenantName and of namespaces',
};

/**
 * Translates AKO's settings.
 *
 * @param data of the ConfigMap `avi-k8s-config`.
 * @param secretKeys keys of the Secret `avi-secret` that have a value.
 * @param namespace where AKO is installed.
 */
export function configOfAko(data: Data, secretKeys: readonly string[], namespace: string): TranslatedConfig {
  const notes: string[] = [];
  const network = router(data);
  const config = {
    controller: {
      addresses: list(data.controllerIP ?? data.controllerHost),
      credentialsDir: '/etc/avi-gateway/credentials',
    },
    clusterName: data.clusterName,
    ...text('cloud', data.cloudName),
    ...text('tenant', data.tenantName),
    ...text('serviceEngineGroup', data.serviceEngineGroupName),
    ...network,
    ...parsedList('vipNetworks', data.vipNetworkList, ['networkName', 'networkUUID', 'cidr', 'v6cidr'], notes),
    ...parsedList('nodeNetworks', data.nodeNetworkList, ['networkName', 'networkUUID', 'cidrs'], notes),
    ...(isTrue(data.enableRHI) && { enableRHI: true }),
    ...serviceType(data, notes),
    ...interval(data.fullSyncFrequency),
    ...logLevel(data.logLevel),
    takeover: 'ako',
    ...(namespace !== 'avi-system' && { akoNamespace: namespace }),
  };
  for (const [key, note] of Object.entries(withoutMeaning)) if (isTrue(data[key])) notes.push(note);
  return { config, notes: [...notes, ...secretNotes(secretKeys)] };
}

/** NSX-T: a Tier-1 router, or with vpcMode the path of the VPC, under one key. */
function router({ nsxtT1LR, vpcMode }: Data): Readonly<Record<string, string>> {
  if (!nsxtT1LR) return {};
  return isTrue(vpcMode) ? { vpc: nsxtT1LR } : { nsxtT1LR };
}

function serviceType(data: Data, notes: string[]): Readonly<Record<string, unknown>> {
  const { serviceType: type, nodeKey: key, nodeValue: value } = data;
  if (type === 'NodePort')
    return { serviceType: 'NodePort', ...(key && { nodeSelector: { key, value: value ?? '' } }) };
  if (type === 'NodePortLocal') {
    notes.push(
      'serviceType NodePortLocal needs kustomize/components/node-port-local, and Services that Antrea is told of',
    );
    return { serviceType: type };
  }
  return {};
}

function interval(seconds: string | undefined): Readonly<Record<string, unknown>> {
  const value = Number(seconds);
  return Number.isInteger(value) && value > 0 ? { drift: { intervalSeconds: value } } : {};
}

function logLevel(level: string | undefined): Readonly<Record<string, unknown>> {
  const known = ['error', 'warn', 'info', 'debug'].find((one) => one === level?.toLowerCase());
  return known ? { logLevel: known } : {};
}

function secretNotes(keys: readonly string[]): readonly string[] {
  const has = (key: string) => keys.includes(key);
  const notes = [
    "Credentials: the Secret avi-secret has the keys that ours needs; copy it to the operator's namespace as avi-credentials",
  ];
  if (!has('username') || !(has('password') || has('authtoken'))) {
    notes.push('The Secret avi-secret lacks username, or both password and authtoken; they must be added');
  }
  if (!has('certificateAuthorityData')) {
    notes.push(
      'The Secret avi-secret has no certificateAuthorityData, so AKO did not verify the controller: add it, or set controller.tls',
    );
  }
  return notes;
}

function text(key: string, value: string | undefined): Readonly<Record<string, string>> {
  return value ? { [key]: value } : {};
}

function list(value: string | undefined): readonly string[] {
  return (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}

/** AKO keeps its lists as JSON; of each entry the fields that we know, empty ones left out. */
function parsedList(
  key: string,
  json: string | undefined,
  fields: readonly string[],
  notes: string[],
): Readonly<Record<string, unknown>> {
  if (!json) return {};
  const entries = parsed(json);
  if (!Array.isArray(entries)) {
    notes.push(`${key}: AKO's value is no JSON list and was left out`);
    return {};
  }
  const known = entries.map((entry: unknown) =>
    Object.fromEntries(Object.entries(entry ?? {}).filter(([name, value]) => fields.includes(name) && value !== '')),
  );
  return known.length > 0 ? { [key]: known } : {};
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
