import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crdFolder } from '../../../crds/generate/gateway-api.ts';
import { gatewayApiModule } from '../../../crds/generate/upstream.ts';
import { makePki } from './pki.ts';
import { type Daemon, freePorts, startDaemon, waitUntilReady } from './process.ts';
import { program } from './program.ts';

/** A Kubernetes control plane on 127.0.0.1: etcd, kube-apiserver with RBAC, and the controllers that the tests need. */
export interface ControlPlane {
  /** Kubeconfig of an administrator (group system:masters). */
  readonly adminKubeconfigPath: string;
  /** `https://127.0.0.1:<port>` */
  readonly server: string;
  /** PEM of the CA that signed the server's certificate. */
  readonly ca: string;
  /** Folder for files that shall go with the control plane. */
  readonly folder: string;
  /** Runs kubectl as administrator and returns its output. `input` is its standard input. */
  readonly kubectl: (args: readonly string[], input?: string) => Promise<string>;
  /** Makes a token for a service account and writes a kubeconfig that uses it; returns its path. */
  readonly serviceAccountKubeconfig: (namespace: string, name: string) => Promise<string>;
  /** Kills the API server, calls `whileDown`, starts it again with the same data and address, waits until it is ready. */
  readonly restartApiServer: (whileDown?: () => Promise<void>) => Promise<void>;
  /** Backs etcd up; what is returned restores it, as of then, while API server and etcd are down. */
  readonly backUpEtcd: () => Promise<() => Promise<void>>;
  /** What a user has asked for so far, as `verb group/resource`, sorted. */
  readonly asked: (user: string) => readonly string[];
  /** Ends everything and removes its data. */
  readonly stop: () => Promise<void>;
}

const adminToken = 'administrator-of-a-throw-away-cluster';
const controllers = [
  'deployment-controller',
  'replicaset-controller',
  'endpointslice-controller',
  'endpoints-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'namespace-controller',
  'garbage-collector-controller',
  'clusterrole-aggregation-controller',
  'root-ca-certificate-publisher-controller',
];

/**
 * Starts a control plane with the Gateway API's standard CRDs. Its programs come from `KUBEBUILDER_ASSETS` or from where
 * `make control-plane` puts them; it needs neither root nor a container engine. Takes about ten seconds.
 *
 * @param extraFlags of the API server, for kinds that it does not serve by default
 */
export async function startControlPlane(extraFlags: readonly string[] = []): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'avi-gateway-control-plane-'));
  const daemons = new Set<Daemon>();
  const stop = async () => {
    await Promise.all([...daemons].map((daemon) => daemon.kill()));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    return await start(folder, daemons, stop, extraFlags);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  folder: string,
  daemons: Set<Daemon>,
  stop: () => Promise<void>,
  extraFlags: readonly string[],
): Promise<ControlPlane> {
  const file = (name: string) => join(folder, name);
  const launch = (name: string, flags: readonly string[]) => {
    const daemon = startDaemon(name, [program(name), ...flags], file(`${name}.log`));
    daemons.add(daemon);
    return daemon;
  };
  const [etcdPort = 0, peerPort = 0, apiPort = 0] = await freePorts(3);
  const pki = await makePki();
  for (const [name, text] of Object.entries({
    'audit-policy.json': JSON.stringify(auditPolicy),
    'ca.crt': pki.caCertificate,
    'server.crt': pki.serverCertificate,
    'server.key': pki.serverKey,
    'sa.key': pki.serviceAccountKey,
    'sa.pub': pki.serviceAccountPublicKey,
    'tokens.csv': `${adminToken},admin,admin,system:masters\n`,
  })) {
    writeFileSync(file(name), text, { mode: 0o600 });
  }
  const server = `https://127.0.0.1:${apiPort}`;
  const adminKubeconfigPath = file('admin.kubeconfig');
  writeKubeconfig(adminKubeconfigPath, server, pki.caCertificate, adminToken);

  const startEtcd = async () => {
    const daemon = launch('etcd', etcdFlags(file('etcd'), etcdPort, peerPort));
    await waitUntilReady(daemon, () => answers(`http://127.0.0.1:${etcdPort}/readyz`));
    return daemon;
  };
  let etcd = await startEtcd();

  const startApiServer = async () => {
    const daemon = launch('kube-apiserver', [...apiServerFlags(file, etcdPort, apiPort), ...extraFlags]);
    await waitUntilReady(daemon, () => answers(`${server}/readyz`, pki.caCertificate));
    return daemon;
  };
  let apiServer = await startApiServer();
  launch('kube-controller-manager', controllerManagerFlags(file, adminKubeconfigPath));

  const kubectl = async (args: readonly string[], input?: string) => {
    const running = promisify(execFile)(program('kubectl'), ['--kubeconfig', adminKubeconfigPath, ...args], {
      maxBuffer: 64 * 1024 * 1024,
    });
    running.child.stdin?.end(input ?? '');
    return (await running).stdout;
  };
  await kubectl(['apply', '--server-side', '-f', join(gatewayApiModule().folder, crdFolder)]);
  await kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'customresourcedefinitions', '--all']);
  await waitUntilReady(apiServer, async () =>
    (await kubectl(['-n', 'default', 'get', 'serviceaccount'])).includes('default'),
  );

  const restartApiServer: ControlPlane['restartApiServer'] = async (whileDown = async () => {}) => {
    await apiServer.kill();
    daemons.delete(apiServer);
    await whileDown();
    apiServer = await startApiServer();
  };
  const restartEtcd = (whileDown: () => void) =>
    restartApiServer(async () => {
      await etcd.kill();
      daemons.delete(etcd);
      whileDown();
      etcd = await startEtcd();
    });

  return {
    adminKubeconfigPath,
    server,
    ca: pki.caCertificate,
    folder,
    kubectl,
    serviceAccountKubeconfig: async (namespace, name) => {
      const token = (await kubectl(['-n', namespace, 'create', 'token', name, '--duration=2h'])).trim();
      const path = file(`${namespace}.${name}.kubeconfig`);
      writeKubeconfig(path, server, pki.caCertificate, token);
      return path;
    },
    restartApiServer,
    asked: (user) => askedIn(readFileSync(file('audit.log'), 'utf8'), user),
    backUpEtcd: async () => {
      await restartEtcd(() => cpSync(file('etcd'), file('backup'), { recursive: true }));
      return () =>
        restartEtcd(() => {
          rmSync(file('etcd'), { recursive: true });
          cpSync(file('backup'), file('etcd'), { recursive: true });
        });
    },
    stop,
  };
}

/** What service accounts ask for, and nothing more of it. */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived', 'ResponseStarted'],
  rules: [{ level: 'Metadata', userGroups: ['system:serviceaccounts'] }, { level: 'None' }],
};

interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly apiGroup?: string; readonly resource: string; readonly subresource?: string };
}

function askedIn(text: string, user: string): readonly string[] {
  const events = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as AuditEvent]));
  const own = events.flatMap(({ verb, user: { username }, objectRef }) => {
    if (username !== user || !objectRef) return [];
    const { apiGroup = '', resource, subresource } = objectRef;
    return [`${verb} ${apiGroup}/${resource}${subresource === undefined ? '' : `/${subresource}`}`];
  });
  return [...new Set(own)].sort();
}

function etcdFlags(dataFolder: string, clientPort: number, peerPort: number): readonly string[] {
  return [
    `--data-dir=${dataFolder}`,
    `--listen-client-urls=http://127.0.0.1:${clientPort}`,
    `--advertise-client-urls=http://127.0.0.1:${clientPort}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-cluster=default=http://127.0.0.1:${peerPort}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

function apiServerFlags(file: (name: string) => string, etcdPort: number, port: number): readonly string[] {
  return [
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--authorization-mode=RBAC',
    `--token-auth-file=${file('tokens.csv')}`,
    `--client-ca-file=${file('ca.crt')}`,
    `--tls-cert-file=${file('server.crt')}`,
    `--tls-private-key-file=${file('server.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${file('sa.pub')}`,
    `--service-account-signing-key-file=${file('sa.key')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    // Nobody reaches this API server by the Service `kubernetes`, and a loopback address may not be its endpoint.
    '--endpoint-reconciler-type=none',
    '--enable-priority-and-fairness=false',
    `--audit-policy-file=${file('audit-policy.json')}`,
    `--audit-log-path=${file('audit.log')}`,
  ];
}

function controllerManagerFlags(file: (name: string) => string, kubeconfig: string): readonly string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--use-service-account-credentials=false',
    `--service-account-private-key-file=${file('sa.key')}`,
    `--root-ca-file=${file('ca.crt')}`,
    '--endpointslice-updates-batch-period=0',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    `--controllers=${controllers.join(',')}`,
  ];
}

function writeKubeconfig(path: string, server: string, ca: string, token: string): void {
  const name = 'test';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  };
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
}

/** Whether a GET as administrator gets a 200. */
function answers(url: string, ca?: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${adminToken}` };
  return new Promise((resolve) => {
    const get = ca === undefined ? httpGet : httpsGet;
    const request = get(url, { ...(ca !== undefined && { ca }), headers, agent: false, timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}
