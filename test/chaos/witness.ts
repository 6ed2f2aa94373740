/** Clients that ask for the same again and again, each request on a connection of its own, and count. */
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreReader } from '../../src/simulator/store/types.ts';

/** What is asked for. */
export interface Target {
  /** Where its Gateway is served; undefined while it is not. */
  readonly address: () => string | undefined;
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly tls?: boolean;
  /** Not yet at the start: it counts from its first answer on. */
  readonly comes?: boolean;
  /** Default 200. */
  readonly status?: number;
}

export interface Testimony {
  readonly requests: number;
  /** What went wrong with each that failed; also what was never served. */
  readonly failures: readonly string[];
}

export interface Witness {
  /** Asks each once more, and ends. */
  readonly stop: () => Promise<Testimony>;
}

const ANSWER_MS = 10_000;

/** @param gateway as in names on the controller: `<cluster>--<namespace>-<name>`. */
export function addressOf(store: Pick<StoreReader, 'list'>, gateway: string): string | undefined {
  const found = store.list('vsvip').find(({ name }) => name.startsWith(`ako-gw-${gateway}-`));
  const vip = found?.body.vip as readonly { readonly ip_address?: { readonly addr: string } }[] | undefined;
  return vip?.[0]?.ip_address?.addr;
}

/** @param pauseMs between an answer and the next request for the same. */
export function startWitness(targets: readonly Target[], pauseMs = 5): Witness {
  const failures: string[] = [];
  let requests = 0;
  let running = true;
  const follow = async (target: Target): Promise<void> => {
    let served = target.comes !== true;
    const wanted = String(target.status ?? 200);
    const once = async (): Promise<void> => {
      const answer = await ask(target);
      if (served) requests += 1;
      if (served && answer !== wanted) failures.push(`${target.host}${target.path}: ${answer}`);
      served ||= answer === wanted;
    };
    for (; running; await sleep(pauseMs)) await once();
    await once();
    if (!served) failures.push(`${target.host}${target.path}: never served`);
  };
  const all = targets.map(follow);
  return {
    stop: async () => {
      running = false;
      await Promise.all(all);
      return { requests, failures };
    },
  };
}

/** @returns status, or what went wrong. */
function ask({ address, port, host, path, tls }: Target): Promise<string> {
  const at = address();
  if (at === undefined) return Promise.resolve('no address');
  const options: RequestOptions = { host: at, port, path, headers: { Host: host }, agent: false, timeout: ANSWER_MS };
  return new Promise((resolve) => {
    const sent = tls ? httpsRequest({ ...options, servername: host, rejectUnauthorized: false }) : httpRequest(options);
    sent.on('response', (reply) => {
      reply.on('error', (error) => resolve(String(error))).on('end', () => resolve(String(reply.statusCode)));
      reply.resume();
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer in ${ANSWER_MS} ms`)));
    sent.on('error', (error) => resolve(String(error)));
    sent.end();
  });
}
