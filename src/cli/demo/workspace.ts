import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { PASSTHROUGH, type Authorities } from './application.ts';
import type { Authority, KeyPair } from './certificates.ts';
import { LOOPBACK, type Backend } from './running.ts';

/** Hostnames of the sample application: the first one, whose certificate is the platform's, and the alias. */
export const HOSTNAME = 'app01-lab.avi.example.test';
export const ALIAS = 'application01.example.test';
/** Hostnames of the end-to-end variant, all of the shared Gateway but the team's own. */
export const SECURE = 'secure.avi.example.test';
export const GRPC = 'grpc.avi.example.test';
export const TEAM = 'www.team.avi.example.test';
/** A further name of the team's, by a HostRule. */
export const TEAM_ALIAS = 'shop.team.avi.example.test';
/** Every hostname, as a hosts file wants them. */
export const HOSTNAMES = [HOSTNAME, ALIAS, SECURE, GRPC, TEAM, TEAM_ALIAS, PASSTHROUGH] as const;

/** Files of a demo: the watched manifests, and beside them the CA that clients verify with, and that of the backends. */
export interface Workspace {
  readonly manifests: string;
  readonly caFile: string;
  readonly backendCaFile: string;
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
    ports: [{ name: backend.portName, port: backend.port, protocol: backend.protocol }],
    endpoints: [{ addresses: [LOOPBACK], conditions: { ready: true } }],
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
  const issue = async (namespace: string, name: string, ...hostnames: readonly string[]) =>
    secret(namespace, name, await authority.issue(hostnames));
  return Promise.all([
    issue('infra', 'app01-lab', HOSTNAME),
    issue('dev', 'application01', ALIAS),
    issue('infra', 'end-to-end', SECURE, GRPC),
    issue('dev', 'team', TEAM, TEAM_ALIAS),
  ]);
}

/** Where the BackendTLSPolicies find the authority. */
function privateAuthority({ certificate }: Authority): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'private-ca', namespace: 'dev' },
    data: { 'ca.crt': certificate },
  };
}

/**
 * Writes the sample's manifests into `directory`: the shipped ones, and those that depend on this start: endpoints,
 * certificates, the backends' authority, and the redirect.
 *
 * @param httpsPort where the VIP's port 443 really listens.
 */
export async function createWorkspace(
  directory: string,
  backends: readonly Backend[],
  authorities: Authorities,
  httpsPort: number,
): Promise<Workspace> {
  const manifests = join(directory, 'manifests');
  await mkdir(manifests, { recursive: true });
  await cp(fileURLToPath(new URL('./manifests', import.meta.url)), manifests, { recursive: true });
  const caFile = join(directory, 'ca.pem');
  const backendCaFile = join(directory, 'backend-ca.pem');
  const certificates = [...(await secrets(authorities.clients)), privateAuthority(authorities.backends)];
  const write = (name: string, text: string) => writeFile(join(manifests, name), text, { mode: 0o600 });
  await Promise.all([
    writeFile(caFile, authorities.clients.certificate),
    writeFile(backendCaFile, authorities.backends.certificate),
    write('05-redirect.yaml', yamlOf('HTTP to HTTPS, at the port where the demo listens.', [redirectRoute(httpsPort)])),
    write('06-certificates.yaml', yamlOf('Certificates of the demo CA; the CA of the backends.', certificates)),
    write('07-endpoints.yaml', yamlOf('The running backends.', backends.map(endpointSlice))),
  ]);
  return { manifests, caFile, backendCaFile };
}
