/** A client that never stops. */
import { Agent, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import { answering, type Asked, type Model } from './model.ts';
import type { Dice } from './random.ts';

export interface Failure {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly asked: Asked;
  readonly how: string;
  readonly why: string;
}

interface Target {
  readonly asked: Asked;
  /** Moves when it begins or ceases to have an answer; what began before does not count then. */
  epoch: number;
  /** `on` after the first answer; from there nothing may fail. */
  state: 'off' | 'starting' | 'on';
  startedAt: number;
  /** Services of the rules that win or did so a moment ago, with the time until which they may answer. */
  readonly services: Map<string, number>;
}

export interface Traffic {
  /** What is asked for has changed. */
  readonly follow: (model: Model) => void;
  readonly stop: () => Promise<{
    readonly requests: number;
    readonly failures: readonly Failure[];
    readonly targets: number;
  }>;
  /** Requests each target that has to answer once more; what is wrong. */
  readonly final: () => Promise<readonly string[]>;
}

export interface TrafficOptions {
  readonly address: () => string;
  readonly portMap: Readonly<Record<number, number>>;
  readonly ca: string;
  readonly targets: readonly Asked[];
  readonly perSecond: number;
  readonly dice: Dice;
}

/** A change of who answers may take so long to be seen everywhere: it waits for the plan that runs, then for its own steps. */
const LATE_MS = 30_000;
/** What is new has to be served after this time. */
const START_MS = 30_000;
const REQUEST_MS = 15_000;

/** What is not wanted any more may answer a little longer. */
function allow(known: Map<string, number>, wanted: readonly string[], now: number): void {
  for (const [service, until] of known)
    if (until === Infinity && !wanted.includes(service)) known.set(service, now + LATE_MS);
  for (const service of wanted) known.set(service, Infinity);
}

interface Answer {
  readonly status: number;
  readonly service: string;
}

export function startTraffic(options: TrafficOptions): Traffic {
  const { dice } = options;
  const targets = options.targets.map((asked): Target => ({
    asked,
    epoch: 0,
    state: 'off',
    startedAt: 0,
    services: new Map(),
  }));
  const agents = {
    plain: new Agent({ keepAlive: true, maxSockets: 12 }),
    tls: new TlsAgent({ keepAlive: true, maxSockets: 6 }),
  };
  const failures: Failure[] = [];
  const begun = Date.now();
  const running = new Set<Promise<void>>();
  let sent = 0;

  const send = (asked: Asked, kept: boolean, method: string): Promise<Answer> => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const common: RequestOptions = {
      host: options.address(),
      port: options.portMap[asked.port],
      path: asked.path,
      method,
      headers: { Host: asked.host, ...(asked.header !== undefined && { 'X-Kind': asked.header }) },
      timeout: REQUEST_MS,
    };
    const request = asked.tls
      ? httpsRequest({ ...common, ca: options.ca, servername: asked.host, agent: kept ? agents.tls : false })
      : httpRequest({ ...common, agent: kept ? agents.plain : false });
    request.on('response', (response) => {
      response
        .on('error', reject)
        .on('end', () => resolve({ status: response.statusCode ?? 0, service: String(response.headers['x-service']) }));
      response.resume();
    });
    request.on('timeout', () => request.destroy(new Error(`no answer in ${REQUEST_MS} ms`)));
    request.on('error', reject);
    request.end(method === 'POST' ? 'a body' : undefined);
    return promise;
  };

  const wrong = (target: Target, answer: Answer, startedAt: number): string | undefined => {
    if (answer.status !== 200) return `status ${answer.status}`;
    if ((target.services.get(answer.service) ?? 0) >= startedAt) return undefined;
    return `answered by ${answer.service}, not by ${[...target.services].map(([name, until]) => `${name} until ${until - begun}`).join()}`;
  };

  const one = async (target: Target): Promise<void> => {
    const kept = dice.chance(0.75);
    const method = dice.chance(0.1) ? 'POST' : 'GET';
    const { epoch } = target;
    const startedAt = Date.now();
    const why = await send(target.asked, kept, method).then(
      (answer) => wrong(target, answer, startedAt),
      (error: Error & { readonly code?: string }) => `${error.code ?? ''} ${error.message}`,
    );
    if (target.epoch !== epoch) return;
    // Before that, an answer may come from what is still there of the time before a removal.
    if (why === undefined) target.state = startedAt - target.startedAt > LATE_MS ? 'on' : target.state;
    else if (target.state === 'on' || startedAt - target.startedAt > START_MS) {
      const how = `${method} ${kept ? 'kept' : 'new'} connection`;
      failures.push({ at: startedAt - begun, asked: target.asked, how, why });
    }
  };

  const tick = (): void => {
    const due = Math.min(sent + 50, Math.ceil(((Date.now() - begun) / 1000) * options.perSecond));
    const asking = targets.filter(({ state }) => state !== 'off');
    for (; sent < due && asking.length > 0; sent++) {
      const run = one(dice.pick(asking)).finally(() => running.delete(run));
      running.add(run);
    }
  };
  const timer = setInterval(tick, 5);

  return {
    follow: (model) => {
      const now = Date.now();
      const first = sent === 0;
      for (const target of targets) {
        const services = answering(model, target.asked);
        if (!services !== (target.state === 'off')) {
          target.epoch += 1;
          target.state = services ? (first ? 'on' : 'starting') : 'off';
          target.startedAt = now;
        }
        allow(target.services, services ?? [], now);
      }
    },
    stop: async () => {
      clearInterval(timer);
      await Promise.all(running);
      agents.plain.destroy();
      agents.tls.destroy();
      return { requests: sent, failures, targets: targets.filter(({ state }) => state === 'on').length };
    },
    final: async () => {
      const later = Date.now() + LATE_MS + 1;
      const answers = await Promise.all(
        targets
          .filter(({ state }) => state !== 'off')
          .map(async (target) => {
            const why = await send(target.asked, false, 'GET').then((answer) => wrong(target, answer, later), String);
            return why === undefined ? [] : [`${JSON.stringify(target.asked)}: ${why}`];
          }),
      );
      return answers.flat();
    },
  };
}
