import type { ExplainedRequest } from '../../explain/explain.ts';
import { CommandFailure } from '../../main/failure.ts';

/** What a request is made of on the command line. */
export interface RequestArguments {
  readonly url: string;
  readonly method: string;
  /** Each as `name: value`; `host` stands for the Host header. */
  readonly headers: readonly string[];
}

const defaultPorts: Readonly<Record<string, number>> = { http: 80, https: 443 };
const pattern =
  /^(?<scheme>https?|tcp|udp|tls):\/\/(?<authority>[^/?#]*)(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?(?:#.*)?$/i;

/**
 * Reads the request. The path is taken as it is written: a client may not resolve `..` or decode escapes.
 *
 * @throws CommandFailure with exit code 2 that names what cannot be used.
 */
export function readRequest({ url, method, headers }: RequestArguments): ExplainedRequest {
  const parts = pattern.exec(url)?.groups;
  if (!parts) throw new CommandFailure(`${url}: not a URL with scheme http, https, tls, tcp or udp`, 2);
  const scheme = (parts.scheme ?? '').toLowerCase() as ExplainedRequest['scheme'];
  const { host, port } = readAuthority(parts.authority ?? '', url);
  const chosen = port ?? defaultPorts[scheme];
  if (chosen === undefined) throw new CommandFailure(`${url}: a ${scheme} URL needs a port`, 2);
  const lines = Map.groupBy(headers.map(readHeader), ([name]) => name);
  const sentHost = lines.get('host')?.[0]?.[1];
  return {
    scheme,
    host: sentHost === undefined ? host : withoutPort(sentHost).toLowerCase(),
    port: chosen,
    method: method.toUpperCase(),
    path: parts.path ?? '/',
    query: parts.query ?? '',
    headers: Object.fromEntries([...lines].map(([name, values]) => [name, values.map(([, value]) => value)])),
  };
}

function readAuthority(authority: string, url: string): { readonly host: string; readonly port?: number } {
  const found = /^(?:[^@]*@)?(?<host>\[[^\]]*\]|[^:]*)(?::(?<port>\d{1,5}))?$/.exec(authority)?.groups;
  const port = found?.port === undefined ? undefined : Number(found.port);
  if (!found?.host || (port !== undefined && (port < 1 || port > 65535))) {
    throw new CommandFailure(`${url}: ${JSON.stringify(authority)} is not a host, or host and port`, 2);
  }
  return { host: found.host.toLowerCase(), ...(port !== undefined && { port }) };
}

function readHeader(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw new CommandFailure(`-H ${JSON.stringify(line)}: give a header as 'name: value'`, 2);
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
}

function withoutPort(host: string): string {
  return host.replace(/:\d*$/, '');
}
