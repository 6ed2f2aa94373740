/**
 * The core kinds: as much of the API server's validation and defaulting as the operator relies on.
 */
import { z } from 'zod';
import { child, type FieldProblem } from './schema.ts';
import type { NameRule } from './names.ts';

const port = z.number().int().min(1).max(65535);
const protocol = z.enum(['TCP', 'UDP', 'SCTP']).default('TCP');
const base64 = z
  .string()
  .refine((text) => Buffer.from(text, 'base64').toString('base64') === text.replaceAll(/\s/g, ''), {
    message: 'must be base64',
  });

const servicePort = z
  .looseObject({
    name: z.string().optional(),
    port,
    targetPort: z.union([port, z.string().min(1).max(63)]).optional(),
    nodePort: z.number().int().min(0).max(65535).optional(),
    protocol,
    appProtocol: z.string().optional(),
  })
  .transform((entry) => ({ ...entry, targetPort: entry.targetPort ?? entry.port }));

const service = z.looseObject({
  spec: z.looseObject({
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']).default('ClusterIP'),
    clusterIP: z.string().optional(),
    ports: z.array(servicePort).optional(),
    externalTrafficPolicy: z.enum(['Cluster', 'Local']).optional(),
    publishNotReadyAddresses: z.boolean().optional(),
  }),
});

const conditions = z.looseObject({
  ready: z.boolean().optional(),
  serving: z.boolean().optional(),
  terminating: z.boolean().optional(),
});

const endpointSlice = z.looseObject({
  addressType: z.enum(['IPv4', 'IPv6', 'FQDN']),
  ports: z.array(z.looseObject({ name: z.string().default(''), port: port.optional(), protocol })).optional(),
  endpoints: z
    .array(
      z.looseObject({
        addresses: z.array(z.string()).min(1).max(100),
        conditions: conditions.optional(),
        nodeName: z.string().optional(),
        targetRef: z.looseObject({ kind: z.string().optional(), name: z.string().optional() }).optional(),
      }),
    )
    .default([]),
});

const secret = z
  .looseObject({
    type: z.string().default('Opaque'),
    data: z.record(z.string(), base64).optional(),
    stringData: z.record(z.string(), z.string()).optional(),
  })
  .transform(({ stringData, ...rest }) => ({ ...rest, data: { ...rest.data, ...encode(stringData ?? {}) } }))
  .superRefine((object, context) => {
    if (object.type !== 'kubernetes.io/tls') return;
    for (const name of ['tls.crt', 'tls.key']) {
      if (object.data[name] !== undefined) continue;
      context.addIssue({ code: 'custom', path: ['data', name], message: 'is required for type kubernetes.io/tls' });
    }
  });

const configMap = z.looseObject({
  data: z.record(z.string(), z.string()).optional(),
  binaryData: z.record(z.string(), base64).optional(),
});

const node = z.looseObject({
  spec: z.looseObject({ unschedulable: z.boolean().optional() }).optional(),
  status: z
    .looseObject({
      addresses: z.array(z.looseObject({ type: z.string(), address: z.string() })).optional(),
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).optional(),
    })
    .optional(),
});

const blockAffinity = z.looseObject({
  spec: z.looseObject({ cidr: z.string(), node: z.string(), deleted: z.string().optional() }),
});

const clusterTrustBundle = z.looseObject({
  spec: z.looseObject({ signerName: z.string().optional(), trustBundle: z.string() }),
});

/** A core kind's rules. */
export interface CoreKind {
  readonly apiVersion: string;
  readonly namespaced: boolean;
  readonly name: NameRule;
  readonly schema: z.ZodType<Readonly<Record<string, unknown>>>;
}

export const coreKinds: Readonly<Record<string, CoreKind>> = {
  Namespace: { apiVersion: 'v1', namespaced: false, name: 'label', schema: z.looseObject({}) },
  Service: { apiVersion: 'v1', namespaced: true, name: 'service', schema: service },
  EndpointSlice: { apiVersion: 'discovery.k8s.io/v1', namespaced: true, name: 'subdomain', schema: endpointSlice },
  Secret: { apiVersion: 'v1', namespaced: true, name: 'subdomain', schema: secret },
  ConfigMap: { apiVersion: 'v1', namespaced: true, name: 'subdomain', schema: configMap },
  ClusterTrustBundle: {
    apiVersion: 'certificates.k8s.io/v1beta1',
    namespaced: false,
    name: 'subdomain',
    schema: clusterTrustBundle,
  },
  Node: { apiVersion: 'v1', namespaced: false, name: 'subdomain', schema: node },
  BlockAffinity: {
    apiVersion: 'crd.projectcalico.org/v1',
    namespaced: false,
    name: 'subdomain',
    schema: blockAffinity,
  },
  Pod: { apiVersion: 'v1', namespaced: true, name: 'subdomain', schema: z.looseObject({}) },
};

/** @returns the object with defaults, or what is wrong. Values are not repeated in messages: they may be secret. */
export function validateCore(
  object: Readonly<Record<string, unknown>>,
  kind: CoreKind,
): { readonly object?: Readonly<Record<string, unknown>>; readonly problems: readonly FieldProblem[] } {
  const result = kind.schema.safeParse(object, { error: explain });
  if (result.success) return { object: result.data, problems: [] };
  const problems = result.error.issues.map(({ path, message }) => ({
    field: path.reduce<string>((text, name) => child(text, typeof name === 'number' ? name : String(name)), ''),
    message,
  }));
  return { problems };
}

const articles: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  record: 'a map',
  int: 'a whole number',
};

/** The API server's words for a value that is missing or of another type; the library's own for the rest. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  if (issue.input === undefined) return 'is required';
  return `must be ${articles[issue.expected] ?? `a ${issue.expected}`}`;
}

function encode(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text).toString('base64')]));
}
