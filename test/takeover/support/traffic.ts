/** Requests for everything that AKO serves, over and over. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Installation } from './installation.ts';

/** One request that somebody may send. */
export interface Probe {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface VhMatch {
  readonly host: string;
  readonly rules: readonly {
    readonly matches: {
      readonly path: { readonly match_str: readonly string[]; readonly match_criteria: string };
      readonly hdrs?: readonly { readonly hdr: string; readonly value: readonly string[] }[];
      readonly vs_port: { readonly ports: readonly number[] };
    };
  }[];
}

/** For each path that a child claims, itself and one below it. */
export function probesOf({ simulator }: Installation): readonly Probe[] {
  const services = simulator.store.list('virtualservice');
  const secure = new Set(
    services
      .flatMap(({ body }) => (body.services ?? []) as readonly { port: number; enable_ssl?: boolean }[])
      .filter(({ enable_ssl: tls }) => tls)
      .map(({ port }) => port),
  );
  const probes = services
    .flatMap(({ body }) => (body.vh_matches ?? []) as readonly VhMatch[])
    .flatMap(({ host, rules }) =>
      rules.flatMap(
        ({
          matches: {
            path,
            hdrs = [],
            vs_port: { ports },
          },
        }) =>
          path.match_str.flatMap((value) =>
            ports.flatMap((port) =>
              [value, `${value.replace(/\/$/, '')}/below`].map((asked) => ({
                host: host.replace(/^\*/, 'any'),
                port,
                tls: secure.has(port),
                path: asked,
                headers: Object.fromEntries(hdrs.map(({ hdr, value: values }) => [hdr, values[0] ?? ''])),
              })),
            ),
          ),
      ),
    );
  return [...new Map(probes.map((probe) => [JSON.stringify(probe), probe])).values()];
}

/** The status, or the error's code. */
export function ask({ ports, simulator }: Installation, probe: Probe): Promise<string> {
  const [vip] = simulator.store.list('vsvip');
  const host = (vip?.body.vip as { ip_address: { addr: string } }[])[0]?.ip_address.addr;
  const options = {
    host,
    port: ports[probe.port],
    path: probe.path,
    headers: { ...probe.headers, Host: probe.host },
    agent: false as const,
    timeout: 10_000,
  };
  return new Promise((resolve) => {
    const sent = probe.tls
      ? httpsRequest({ ...options, servername: probe.host, rejectUnauthorized: false })
      : httpRequest(options);
    sent.on('response', (response) => response.resume().on('end', () => resolve(String(response.statusCode))));
    sent.on('timeout', () => sent.destroy(new Error('timeout')));
    sent.on('error', (error: Error & { readonly code?: string }) => resolve(error.code ?? error.message));
    sent.end();
  });
}

export interface Traffic {
  /** Answers by probe, in the order in which they came, when all have come. */
  readonly stop: () => Promise<ReadonlyMap<Probe, readonly string[]>>;
}

/** Sends each probe again as soon as it is answered, a few at a time. */
export function startTraffic(installation: Installation, probes: readonly Probe[]): Traffic {
  const answers = new Map(probes.map((probe) => [probe, [] as string[]]));
  let stopped = false;
  const lane = async (start: number) => {
    for (let at = start; !stopped; at += 4) {
      const probe = probes[at % probes.length]!;
      answers.get(probe)!.push(await ask(installation, probe));
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  };
  const lanes = probes.length === 0 ? [] : [0, 1, 2, 3].map(lane);
  return {
    stop: async () => {
      stopped = true;
      await Promise.all(lanes);
      return answers;
    },
  };
}
