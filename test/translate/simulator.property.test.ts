/** The translation judged by the embedded controller's data plane, which was written without it. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { evaluate } from '../../src/simulator/dataplane/decide/decide.ts';
import { possibleVirtualServices, type Program } from '../../src/simulator/dataplane/decide/virtual-host.ts';
import type { StoreReader } from '../../src/simulator/store/types.ts';
import { config, request } from './support/arbitraries.ts';
import { expectedAnswer, isGrpcHost, routedGateway, type ModelRequest } from './support/model.ts';
import { translated } from './support/routed.ts';
import { clientRequest, programOf, storeOf } from './support/simulated.ts';

/** Answers in the words of `expectedAnswer`, from each virtual service that may get the request. */
function answers(store: StoreReader, program: Program, asked: ModelRequest): ReadonlySet<string> {
  const sent = clientRequest(asked);
  return new Set(
    [...possibleVirtualServices(program, sent)].map((service) => {
      const { action, rewrite } = evaluate(service, sent);
      if (action.kind === 'redirect') return `redirect ${action.redirect.location}`;
      if (action.kind === 'local') return String(action.response.status);
      if (action.kind !== 'forward') return action.kind;
      return `${serviceName(store, action.target.name)} ${rewrite.path ?? asked.path}`;
    }),
  );
}

function serviceName(store: StoreReader, poolGroup: string): string {
  const [member] = store.get('poolgroup', poolGroup)!.body.members as { pool_ref: string }[];
  const markers = store.resolve(member!.pool_ref)!.body.markers as { key: string; values: string[] }[];
  return markers.find(({ key }) => key === 'BackendName')!.values[0]!;
}

/** The same answer with what the client and the server really see: the path sent, the Location. */
function visible(answer: string, asked: ModelRequest): string {
  if (/^\d+$/.test(answer)) return answer;
  if (answer.startsWith('redirect')) {
    const port = asked.port === 80 ? '' : `:${asked.port}`;
    const query = clientRequest(asked).query;
    return `redirect http://elsewhere.example${port}${asked.path}${query && `?${query}`}`;
  }
  const [service, start] = answer.split(' from ');
  const path =
    start === undefined
      ? asked.path
      : `/${asked.path
          .split('/')
          .slice(1 + Number(start))
          .join('/')}`;
  return `${service} ${path}`;
}

describe.each([
  { trustChildOrder: true, evhOrder: 'longest' as const },
  { trustChildOrder: false, evhOrder: 'random' as const },
])('on the embedded data plane, trustChildOrder $trustChildOrder', ({ trustChildOrder, evhOrder }) => {
  it('every request is answered as the specification says', () => {
    let decisions = 0;
    let calls = 0;
    const check = fc.property(config, fc.array(request, { minLength: 20, maxLength: 20 }), (random, requests) => {
      const store = storeOf(translated(routedGateway(random), { trustChildOrder }).objects);
      const program = programOf(store, evhOrder);
      for (const asked of requests) {
        if (!random.listeners.some(({ port }) => port === asked.port)) continue;
        const answer = expectedAnswer(random, asked);
        if (answer === undefined) continue;
        decisions += 1;
        if (isGrpcHost(random, asked)) calls += 1;
        const want = visible(answer, asked);
        const got = answers(store, program, asked);
        if (got.size !== 1 || !got.has(want)) expect({ asked, got: [...got] }).toEqual({ asked, got: [want] });
      }
    });
    fc.assert(check, { seed: 41, numRuns: 900 });
    // With the other order of children more than 20,000 a run.
    expect(decisions).toBeGreaterThan(10_000);
    expect(calls).toBeGreaterThan(1_500);
  }, 180_000);
});
