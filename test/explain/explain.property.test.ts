/** `explain` judged by the embedded controller's data plane: it names what the data plane did, request by request. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { explainer, type Answer, type ExplainedRequest } from '../../src/explain/explain.ts';
import { decide, type Decision } from '../../src/simulator/dataplane/decide/decide.ts';
import type { RoutedGateway } from '../../src/routing/result/routed-gateway.ts';
import { seededRandom } from '../../src/simulator/random.ts';
import { possibleVirtualServices } from '../../src/simulator/dataplane/decide/virtual-host.ts';
import { nameClaims, resolveNames } from '../../src/translate/naming/name-table.ts';
import { translateGateway } from '../../src/translate/translate-gateway.ts';
import { config, request } from '../translate/support/arbitraries.ts';
import { routedGateway, type ModelRequest } from '../translate/support/model.ts';
import { settings } from '../translate/support/settings.ts';
import { clientRequest, programOf, storeOf } from '../translate/support/simulated.ts';

/** Of two ports one is for TLS. */
const schemeOf = (port: number): 'http' | 'https' => (port === 8080 ? 'https' : 'http');

function withTls(routed: RoutedGateway): RoutedGateway {
  const listeners = routed.listeners.map((listener) =>
    schemeOf(listener.port) === 'https' ? { ...listener, protocol: 'HTTPS' as const } : listener,
  );
  return { ...routed, listeners };
}

function sentRequest(asked: ModelRequest): ReturnType<typeof clientRequest> {
  const scheme = schemeOf(asked.port);
  return { ...clientRequest(asked), scheme, ...(scheme === 'https' && { sni: hostOf(asked) }) };
}

const hostOf = ({ host }: ModelRequest): string => host.toLowerCase().replace(/:\d+$/, '');

function explained(asked: ModelRequest): ExplainedRequest {
  const { query, scheme } = sentRequest(asked);
  const headers = Object.fromEntries(Object.entries(asked.headers).map(([name, value]) => [name, [value]]));
  return { ...asked, scheme, host: hostOf(asked), query, headers };
}

/** What was said and what was done, in the same words. */
function said(answer: Answer): string {
  if (answer.kind === 'forward') return `forward ${answer.poolGroup}`;
  if (answer.kind === 'redirect') return `redirect ${answer.status} ${answer.target.split(',')[0]}`;
  return answer.kind === 'error' ? `status ${answer.status}` : 'closed';
}

function done({ action }: Decision): string {
  if (action.kind === 'forward') return `forward ${action.target.name}`;
  if (action.kind === 'local') return `status ${action.response.status}`;
  if (action.kind !== 'redirect') return action.kind;
  const { protocol, host, port } = new URL(action.redirect.location);
  return `redirect ${action.redirect.status} ${protocol}//${host.replace(/:\d+$/, '')}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

describe.each([
  { trustChildOrder: true, evhOrder: 'longest' as const, least: 10_000 },
  { trustChildOrder: false, evhOrder: 'random' as const, least: 3_000 },
])('explain, trustChildOrder $trustChildOrder', ({ trustChildOrder, evhOrder, least }) => {
  it('names the virtual service, the pool group and the answer of each of thousands of random requests, gRPC and TLS among them', () => {
    let decisions = 0;
    const random = seededRandom(7);
    const check = fc.property(config, fc.array(request, { minLength: 20, maxLength: 20 }), (model, requests) => {
      const routed = withTls(routedGateway(model));
      const chosen = { ...settings, trustChildOrder };
      const names = resolveNames(nameClaims(routed, chosen));
      const program = programOf(storeOf(translateGateway(routed, chosen, names).objects), evhOrder);
      const explain = explainer(routed, chosen, names);
      for (const asked of requests) {
        if (!model.listeners.some(({ port }) => port === asked.port)) continue;
        decisions += 1;
        const explanation = explain(explained(asked));
        const sent = sentRequest(asked);
        const possible = [...possibleVirtualServices(program, sent)].map(({ name }) => name).sort();
        const decision = decide(program, sent, random);
        expect(explanation.disagreement).toBeUndefined();
        expect(explanation.virtualServices.map(({ name }) => name).sort()).toEqual(possible);
        expect(explanation.virtualServices.map(({ name }) => name)).toContain(decision.virtualService.name);
        expect(said(explanation.answer)).toBe(done(decision));
      }
    });
    fc.assert(check, { seed: 41, numRuns: (least * 3) / 40 });
    expect(decisions).toBeGreaterThan(least);
  }, 180_000);
});
