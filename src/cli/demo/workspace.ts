import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { createAuthority, type Authority, type KeyPair } from './certificates.ts';
import type { Backend } from './backends.ts';

/** Hostnames of the sample application: the first one, whose certificate is the platform's, and the alias. */
export const HOSTNAME = 'app01-lab.avi.example.test';
export const ALIAS = 'application01.example.test';

/** Files of a demo: the watched manifests, and beside them the CA that clients verify with. */
export interface Workspace {
  readonly manifests: string;
  readonly caFile: string;
  /** PEM. */
  readonly ca: string;
}

function secret(namespace: string, name: string, pair: KeyPair): object {
  const encode = (pem: string) => Buffer.from(pem).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name, namespace },
    data: { 'tls.crt': encode(pair.certificate), 'tls.key': encode(pair.key) },
  };
}

/** One slice a server: each listens on a port of its own, and a slice has one port for all its addresses. */
function endpointSlice(backend: Backend, index: number): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${backend.service}-${index}`,
      namespace: 'dev',
      labels: { 'kubernetes.io/service-name': backend.service },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: backend.port, protocol: 'TCP' }],
    endpoints: [{ addresses: [backend.address], conditions: { ready: true } }],
  };
}

/** The port is part of the redirect, since the demo listens where no root is needed. */
function redirectRoute(httpsPort: number): object {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'to-https', namespace: 'infra' },
    spec: {
      parentRefs: [{ name: 'shared', sectionName: 'http' }],
      hostnames: [HOSTNAME, ALIAS],
      rules: [
        {
          filters: [
            { type: 'RequestRedirect', requestRedirect: { scheme: 'https', port: httpsPort, statusCode: 301 } },
          ],
        },
      ],
    },
  };
}

function yamlOf(comment: string, objects: readonly object[]): string {
  return `# ${comment}\n${objects.map((object) => stringify(object)).join('---\n')}`;
}

async function secrets(authority: Authority): Promise<readonly object[]> {
  const [first, alias] = await Promise.all([authority.issue([HOSTNAME]), authority.issue([ALIAS])]);
  return [secret('infra', 'app01-lab', first), secret('dev', 'application01', alias)];
}

/**
 * Writes the sample's manifests into `directory`: the shipped ones, and those that depend on this start: endpoints,
 * certificates of a new authority, and the redirect.
 *
 * @param httpsPort where the VIP's port 443 really listens.
 */
export async function createWorkspace(
  directory: string,
  backends: readonly Backend[],
  httpsPort: number,
): Promise<Workspace> {
  const manifests = join(directory, 'manifests');
  await mkdir(manifests, { recursive: true });
  await cp(fileURLToPath(new URL('./manifests', import.meta.url)), manifests, { recursive: true });
  const authority = await createAuthority('avi-gateway demo CA');
  const caFile = join(directory, 'ca.pem');
  const write = (name: string, text: string) => writeFile(join(manifests, name), text, { mode: 0o600 });
  await Promise.all([
    writeFile(caFile, authority.certificate),
    write('05-redirect.yaml', yamlOf('HTTP to HTTPS, at the port where the demo listens.', [redirectRoute(httpsPort)])),
    write('06-secrets.yaml', yamlOf('Certificates of the demo CA.', await secrets(authority))),
    write('07-endpoints.yaml', yamlOf('The running backends.', backends.map(endpointSlice))),
  ]);
  return { manifests, caFile, ca: authority.certificate };
}
