/** Manifests of one small application in a namespace of its own, and the certificates that it needs. */
import 'reflect-metadata';
import { X509CertificateGenerator, cryptoProvider, SubjectAlternativeNameExtension } from '@peculiar/x509';
import type { Manifest } from '../tools/manifest.ts';

const group = 'gateway.networking.k8s.io';

export const gatewayClass: Manifest = {
  apiVersion: `${group}/v1`,
  kind: 'GatewayClass',
  metadata: { name: 'avi-lb' },
  spec: { controllerName: 'ako.vmware.com/avi-lb' },
};

/**
 * Everything in the order of reference: a Gateway in `<name>`, a route in `<name>-app` with a Service there, and a
 * certificate in `<name>-certs` behind a grant.
 */
export async function application(name: string, className?: string): Promise<readonly Manifest[]> {
  const host = `${name}.example.test`;
  return [
    grant(name),
    await certificate(name, host),
    service(name),
    endpointSlice(name, ['10.244.1.21', '10.244.1.22']),
    gateway(name, className),
    route(name, '/shop'),
  ];
}

export function namespaces(name: string): readonly Manifest[] {
  return [name, `${name}-app`, `${name}-certs`].map((namespace) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  }));
}

export function gateway(name: string, className = 'avi-lb'): Manifest {
  const allowedRoutes = { namespaces: { from: 'All' } };
  const hostname = `${name}.example.test`;
  const certificateRefs = [{ name: 'tls', namespace: `${name}-certs` }];
  return {
    apiVersion: `${group}/v1`,
    kind: 'Gateway',
    metadata: { name: 'gw', namespace: name },
    spec: {
      gatewayClassName: className,
      listeners: [
        { name: 'http', port: 80, protocol: 'HTTP', hostname, allowedRoutes },
        { name: 'https', port: 443, protocol: 'HTTPS', hostname, allowedRoutes, tls: { certificateRefs } },
      ],
    },
  };
}

export function route(name: string, path: string): Manifest {
  return {
    apiVersion: `${group}/v1`,
    kind: 'HTTPRoute',
    metadata: { name: 'shop', namespace: `${name}-app` },
    spec: {
      parentRefs: [{ name: 'gw', namespace: name }],
      rules: [{ matches: [{ path: { type: 'PathPrefix', value: path } }], backendRefs: [{ name: 'web', port: 80 }] }],
    },
  };
}

export function service(name: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: `${name}-app` },
    spec: { ports: [{ port: 80, targetPort: 8080 }] },
  };
}

export function endpointSlice(name: string, addresses: readonly string[]): Manifest {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'web-1',
      namespace: `${name}-app`,
      labels: { 'kubernetes.io/service-name': 'web' },
    },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
}

function grant(name: string): Manifest {
  return {
    apiVersion: `${group}/v1beta1`,
    kind: 'ReferenceGrant',
    metadata: { name: 'gateways', namespace: `${name}-certs` },
    spec: { from: [{ group, kind: 'Gateway', namespace: name }], to: [{ group: '', kind: 'Secret' }] },
  };
}

/** A self-signed certificate in a Secret. */
async function certificate(name: string, host: string): Promise<Manifest> {
  cryptoProvider.set(crypto);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${host}`,
    keys,
    signingAlgorithm: algorithm,
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: host }])],
  });
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = key.match(/.{1,64}/g) ?? [];
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: 'tls', namespace: `${name}-certs` },
    stringData: {
      'tls.crt': made.toString('pem'),
      'tls.key': `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`,
    },
  };
}
