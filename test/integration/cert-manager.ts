/** The real cert-manager, and the ACME server Pebble. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { makePki } from '../cluster/tools/pki.ts';
import { freePorts, startDaemon, waitUntilReady, type Daemon } from '../cluster/tools/process.ts';
import { certManagerModule } from './programs.ts';
import type { Rig } from './rig.ts';
import { runSolverPods } from './solver-pods.ts';

/** Installs the CRDs of the module and starts cert-manager; `nameserver` is what its self-checks ask. */
export async function startCertManager(rig: Rig, nameserver: string): Promise<Daemon> {
  const { cluster, neighbours } = rig;
  await cluster.kubectl(['apply', '--server-side', '-f', crdFolder()]);
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'customresourcedefinitions', '--all']);
  await cluster.kubectl(['create', 'namespace', 'cert-manager']);
  const flags = [
    `--kubeconfig=${cluster.adminKubeconfigPath}`,
    `--acme-http01-solver-nameserver=${nameserver}`,
    `--acme-http01-solver-image=${solverImage}`,
  ];
  const daemon = startDaemon(
    'cert-manager',
    [neighbours['cert-manager'], ...flags],
    join(cluster.folder, 'cert-manager.log'),
  );
  rig.atEnd(() => daemon.kill());
  await runSolverPods(rig);
  return daemon;
}

const solverImage = 'acmesolver';

/** The CRDs come with the module that cert-manager was built from. */
function crdFolder(): string {
  const args = ['list', '-mod=readonly', '-m', '-f', '{{.Dir}}', 'github.com/cert-manager/cert-manager'];
  const { status, stdout, stderr } = spawnSync('go', args, { cwd: certManagerModule, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the module of cert-manager is not there: ${stderr}`);
  return join(stdout.trim(), 'deploy', 'crds');
}

export interface AcmeServer {
  /** URL of the ACME directory. */
  readonly directory: string;
  /** PEM of the CA of the server's own certificate. */
  readonly ca: string;
  /** PEM of the root that it issues under. */
  readonly root: string;
}

/** Starts Pebble: it validates over port 80 of what the DNS server says, and issues with an intermediate. */
export async function startAcmeServer(rig: Rig, nameserver: string): Promise<AcmeServer> {
  const { cluster, neighbours } = rig;
  const [port = 0, managementPort = 0] = await freePorts(2);
  const pki = await makePki();
  const file = (name: string, text: string) => {
    const path = join(cluster.folder, `pebble-${name}`);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${managementPort}`,
    certificate: file('server.crt', pki.serverCertificate),
    privateKey: file('server.key', pki.serverKey),
    httpPort: 80,
    tlsPort: 443,
    keyAlgorithm: 'ecdsa',
    retryAfter: { authz: 1, order: 1 },
  };
  const config = file('config.json', JSON.stringify({ pebble }));
  const environment = ['PEBBLE_VA_NOSLEEP=1', 'PEBBLE_WFE_NONCEREJECT=0'];
  const daemon = startDaemon(
    'pebble',
    ['env', ...environment, neighbours.pebble, `-config=${config}`, `-dnsserver=${nameserver}`],
    join(cluster.folder, 'pebble.log'),
  );
  rig.atEnd(() => daemon.kill());
  let root = '';
  await waitUntilReady(daemon, async () => {
    root = await fetchText(`https://127.0.0.1:${managementPort}/roots/0`, pki.caCertificate);
    return root.includes('BEGIN CERTIFICATE');
  });
  return { directory: `https://127.0.0.1:${port}/dir`, ca: pki.caCertificate, root };
}

function fetchText(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ca, agent: false, timeout: 5_000 }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(text));
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer of ${url}`)));
    sent.on('error', reject);
    sent.end();
  });
}
