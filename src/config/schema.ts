import type { AviType } from '../translate/desired.ts';
import { z } from 'zod';

/** Names of the log levels, loudest last. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

const optionalText = z.string().min(1, 'must not be empty').optional();
const seconds = z.int().min(1, 'must be at least 1 second');

const cidr = (version: 'cidrv4' | 'cidrv6', example: string) =>
  z[version](`must be ${version === 'cidrv4' ? 'an IPv4' : 'an IPv6'} network such as ${example}`).optional();

const dnsDomain = /^\.?[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/;

/** Exactly one of networkName and networkUUID, as AKO's vipNetworkList and nodeNetworkList have it. */
function oneNetworkReference(network: { networkName?: string | undefined; networkUUID?: string | undefined }): boolean {
  return (network.networkName === undefined) !== (network.networkUUID === undefined);
}
const oneNetworkReferenceMessage = 'needs exactly one of networkName and networkUUID';

const vipNetwork = z
  .strictObject({
    networkName: optionalText,
    networkUUID: optionalText,
    cidr: cidr('cidrv4', '10.50.0.0/16'),
    v6cidr: cidr('cidrv6', '2001:db8::/64'),
  })
  .refine(oneNetworkReference, oneNetworkReferenceMessage);

const nodeNetwork = z
  .strictObject({
    networkName: optionalText,
    networkUUID: optionalText,
    cidrs: z.array(z.union([z.cidrv4(), z.cidrv6()], 'must be a network such as 10.60.0.0/24')).default([]),
  })
  .refine(oneNetworkReference, oneNetworkReferenceMessage);

/** Whether the text names no port, or one that there is. */
function portExists(address: string): boolean {
  const port = /:(\d+)\/?$/.exec(address)?.[1];
  return port === undefined || Number(port) <= 65_535;
}

const controllerAddressMessage =
  'must be a host, host:port or a URL without a path, for example avi.example.com or https://10.0.0.5:8443';
const listenMessage = 'must be host:port, for example 0.0.0.0:8080';

const controller = z.strictObject({
  addresses: z
    .array(
      z
        .string()
        .regex(/^(https?:\/\/)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?\/?$/, controllerAddressMessage)
        .refine(portExists, controllerAddressMessage),
    )
    .default([]),
  tls: z.strictObject({ caFile: optionalText, insecureSkipVerify: z.boolean().default(false) }).prefault({}),
  credentialsDir: optionalText,
  apiVersion: z
    .string()
    .regex(/^\d+\.\d+\.\d+$/, 'must be a version such as 30.2.1')
    .default('30.2.1'),
});

const leaderElection = z
  .strictObject({
    enabled: z.boolean().default(true),
    leaseName: z
      .string()
      .min(1, 'must not be empty')
      .max(253, 'must not be longer than 253 characters')
      .regex(
        /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
        'must be lower case letters, digits, "-" and "."',
      )
      .default('avi-gateway-operator'),
    leaseNamespace: optionalText,
    leaseSeconds: seconds.default(15),
    renewSeconds: seconds.default(10),
    retrySeconds: seconds.default(2),
  })
  .refine(
    (election) => election.renewSeconds < election.leaseSeconds && election.retrySeconds < election.renewSeconds,
    'needs retrySeconds < renewSeconds < leaseSeconds',
  );

/** Every type that the operator writes. */
const writtenTypes: Readonly<Record<AviType, true>> = {
  sslkeyandcertificate: true,
  pkiprofile: true,
  sslprofile: true,
  healthmonitor: true,
  applicationprofile: true,
  applicationpersistenceprofile: true,
  pool: true,
  poolgroup: true,
  stringgroup: true,
  httppolicyset: true,
  l4policyset: true,
  vsdatascriptset: true,
  vsvip: true,
  virtualservice: true,
};

/**
 * The configuration file. Only clusterName must be set; what else a command cannot do without is checked when that
 * command starts. Unknown keys are errors. Documented in docs/configuration.md.
 */
export const configSchema = z
  .strictObject({
    controller: controller.prefault({}),
    clusterName: z
      .string('must be set: a name that no other cluster on this controller has')
      .regex(/^[a-zA-Z0-9-_]+$/, 'may hold letters, digits, "-" and "_" only')
      .max(32, 'must not be longer than 32 characters'),
    cloud: z.string().min(1, 'must not be empty').default('Default-Cloud'),
    tenant: z
      .string()
      .min(1, 'must not be empty')
      .refine((tenant) => tenant !== '*', 'must name one tenant; "*" means all of them')
      .default('admin'),
    namespaceTenants: z.array(z.string().min(1, 'must not be empty')).optional(),
    serviceEngineGroup: z.string().min(1, 'must not be empty').default('Default-Group'),
    vrf: z.string().min(1, 'must not be empty').default('global'),
    nsxtT1LR: optionalText,
    vpc: z
      .string()
      .regex(/^\/orgs\/[^/]+\/projects\/[^/]+\/vpcs\/[^/]+$/, 'must look like /orgs/ORG/projects/PROJECT/vpcs/VPC')
      .optional(),
    vipType: z.enum(['public', 'private']).default('public'),
    vipNetworks: z.array(vipNetwork).default([]),
    nodeNetworks: z.array(nodeNetwork).default([]),
    enableRHI: z.boolean().default(false),
    enablePublicIP: z.boolean().default(false),
    dnsDomains: z.array(z.string().regex(dnsDomain, 'must be a DNS domain such as apps.example.com')).optional(),
    serviceType: z.enum(['ClusterIP', 'NodePort', 'NodePortLocal']).default('ClusterIP'),
    staticRoutes: z
      .strictObject({ source: z.enum(['none', 'podCIDR', 'cilium', 'antrea', 'calico']).default('none') })
      .prefault({}),
    nodeSelector: z.strictObject({ key: z.string().min(1, 'must not be empty'), value: z.string() }).optional(),
    controllerName: z
      .string()
      .regex(
        /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/,
        'must be a domain and a path such as ako.vmware.com/avi-lb',
      )
      .max(253, 'must not be longer than 253 characters')
      .default('ako.vmware.com/avi-lb'),
    ownership: z
      .strictObject({
        scope: z.enum(['Namespace', 'Gateway', 'None']).default('Namespace'),
        wildcards: z.enum(['exclusive', 'shared']).default('exclusive'),
      })
      .prefault({}),
    translation: z.strictObject({ trustChildOrder: z.boolean().default(true) }).prefault({}),
    extensionRef: z.strictObject({ onInvalid: z.enum(['fail', 'ako']).default('fail') }).prefault({}),
    drift: z
      .strictObject({
        mode: z.enum(['repair', 'report', 'off']).default('repair'),
        intervalSeconds: seconds.default(300),
        reportTypes: z.array(z.enum(Object.keys(writtenTypes) as [AviType, ...AviType[]])).default([]),
      })
      .prefault({}),
    handOver: z
      .strictObject({
        graceSeconds: z.number().min(0, 'must be from 0 to 60').max(60, 'must be from 0 to 60').default(1),
        healthSeconds: z.number().min(0, 'must be from 0 to 300').max(300, 'must be from 0 to 300').default(15),
      })
      .prefault({}),
    deletionGuard: z
      .strictObject({
        percent: z.int().min(1, 'must be from 1 to 100').max(100, 'must be from 1 to 100').default(30),
        minimum: z.int().min(0, 'must not be negative').default(10),
      })
      .prefault({}),
    apply: z.strictObject({ macro: z.boolean().default(false) }).prefault({}),
    concurrency: z.int().min(1, 'must be from 1 to 64').max(64, 'must be from 1 to 64').default(8),
    server: z
      .strictObject({
        listen: z
          .string()
          .regex(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]*):\d{1,5}$/, listenMessage)
          .refine(portExists, listenMessage)
          .default('0.0.0.0:8080'),
        debug: z.boolean().default(false),
      })
      .prefault({}),
    logLevel: z.enum(LOG_LEVELS).default('info'),
    leaderElection: leaderElection.prefault({}),
    metrics: z.strictObject({ enabled: z.boolean().default(true) }).prefault({}),
    takeover: z.enum(['none', 'ako']).default('none'),
    akoNamespace: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be the name of a namespace')
      .max(63, 'must not be longer than 63 characters')
      .default('avi-system'),
  })
  .refine((config) => config.nsxtT1LR === undefined || config.vpc === undefined, {
    message: 'cannot be set together with nsxtT1LR: a VPC brings its own router',
    path: ['vpc'],
  })
  .refine(
    ({ staticRoutes, nsxtT1LR, vpc, serviceType }) =>
      staticRoutes.source === 'none' || (nsxtT1LR === undefined && vpc === undefined && serviceType === 'ClusterIP'),
    {
      message: 'only has a meaning with a VRF (no nsxtT1LR, no vpc) and serviceType ClusterIP',
      path: ['staticRoutes', 'source'],
    },
  )
  .refine((config) => config.nodeSelector === undefined || config.serviceType === 'NodePort', {
    message: 'only has a meaning with serviceType NodePort',
    path: ['nodeSelector'],
  });

/** The validated configuration with every default filled in. */
export type ConfigValues = z.output<typeof configSchema>;

interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

/** A key of the configuration: its path, as `controller.tls.caFile`, and whether its value is text. */
export interface ConfigKey {
  readonly path: string;
  readonly text: boolean;
}

function leaves(node: SchemaNode, prefix: string): ConfigKey[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = prefix ? `${prefix}.${name}` : name;
    return child.properties ? leaves(child, path) : [{ path, text: child.type === 'string' }];
  });
}

/** All keys in the order of the schema; a list is one key. */
export function configKeys(): readonly ConfigKey[] {
  return leaves(z.toJSONSchema(configSchema, { io: 'input' }) as SchemaNode, '');
}
