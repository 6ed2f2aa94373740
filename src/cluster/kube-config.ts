/**
 * The client's configuration with pooled connections and a time limit for every call.
 *
 * client-node 2.0 makes a new undici Agent, and with it a new TLS connection, for each request, and gives generated
 * API calls no time limit. All of them pass through `applySecurityAuthentication`, so both are put right there.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { KubeConfig, type DispatcherOptions, type RequestContext } from '@kubernetes/client-node';
import { Agent } from 'undici';

const requestTimeoutMs = 30_000;
const connectTimeoutMs = 10_000;
const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

type AgentSettings = Extract<DispatcherOptions, { type: 'agent' }>['connect'];

export class PooledKubeConfig extends KubeConfig {
  #agent: Agent | undefined;
  #credentials = '';
  readonly #timeoutMs: number;

  /** @param timeoutMs limit of each call that does not bring its own. */
  constructor(timeoutMs: number = requestTimeoutMs) {
    super();
    this.#timeoutMs = timeoutMs;
  }

  /** The same cluster and user with another time limit, over connections of its own. */
  withTimeout(timeoutMs: number): PooledKubeConfig {
    const copy = new PooledKubeConfig(timeoutMs);
    const { clusters, users, contexts, currentContext } = this;
    copy.loadFromOptions({ clusters, users, contexts, currentContext });
    return copy;
  }

  /** Takes direct TLS connections over; proxies stay the library's. */
  override createDispatcherOptions(...args: Parameters<KubeConfig['createDispatcherOptions']>): DispatcherOptions {
    const options = super.createDispatcherOptions(...args);
    if (options.type !== 'agent') return options;
    this.#useAgent(options.connect);
    return { type: 'none' };
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    if (this.#agent) context.setDispatcher(this.#agent);
    if (!context.getSignal()) context.setSignal(AbortSignal.timeout(this.#timeoutMs));
  }

  /** Closes idle connections and those that finish; a process that is done can end. */
  async close(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    this.#credentials = '';
    await agent?.destroy();
  }

  /** One Agent for the same credentials; rotated ones make a new Agent, and the old one closes after its last request. */
  #useAgent(connect: AgentSettings): void {
    const credentials = fingerprint(connect);
    if (credentials === this.#credentials) return;
    void this.#agent?.close().catch(() => undefined);
    this.#credentials = credentials;
    // No limit of connections: each watch holds one for good. No body timeout: a quiet watch is the list-watch's matter.
    this.#agent = new Agent({ connect: { ...connect, timeout: connectTimeoutMs }, allowH2: false, bodyTimeout: 0 });
  }
}

/**
 * Reads the kubeconfig, or the service account where none is given.
 * @throws Error that says where it looked, when there is neither.
 */
export function loadKubeConfig(path?: string, context?: string): PooledKubeConfig {
  const config = new PooledKubeConfig();
  if (path) config.loadFromFile(path);
  else if (existsSync(serviceAccountToken) && !process.env.KUBECONFIG) config.loadFromCluster();
  else config.loadFromDefault();
  if (context) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (!cluster || (cluster.name === 'cluster' && cluster.server === 'http://localhost:8080')) {
    throw new Error('No Kubernetes API server is known: give --kubeconfig, set KUBECONFIG, or run in a pod');
  }
  return config;
}

function fingerprint(connect: AgentSettings): string {
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = connect;
  const parts = JSON.stringify([ca, cert, key, pfx, passphrase, rejectUnauthorized, servername]);
  return createHash('sha256').update(parts).digest('hex');
}
