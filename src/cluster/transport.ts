/**
 * Plain GETs to the API server, for what the generated client cannot do: watches, and lists that stay untyped.
 */
import { HttpMethod, RequestContext, type KubeConfig } from '@kubernetes/client-node';
import { fetch } from 'undici';
import type { Transport } from './list-watch.ts';

/** @returns a transport over the configuration's current cluster, with its credentials and connections. */
export function createTransport(kubeConfig: KubeConfig): Transport {
  return async (path, query, signal) => {
    const server = kubeConfig.getCurrentCluster()?.server;
    if (!server) throw new Error('No Kubernetes cluster is selected in the kubeconfig');
    const url = `${server}${path}?${new URLSearchParams(query).toString()}`;
    const context = new RequestContext(url, HttpMethod.GET);
    context.setSignal(signal);
    await kubeConfig.applySecurityAuthentication(context);
    return fetch(url, { headers: context.getHeaders(), dispatcher: context.getDispatcher(), signal });
  };
}
