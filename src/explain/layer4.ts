/** Connections below HTTP: which route a port, and for TLS the server name, leads to. */
import { matches } from '../values/hostnames.ts';
import type { L4Listener, L4Route } from '../routing/result/routed-route.ts';
import { hasTraffic, partOf } from '../translate/pools/l4-parts.ts';
import { l4GroupName } from '../translate/pools/l4-pools.ts';
import { l4RouteName } from '../translate/naming/names.ts';
import { backendsWithTraffic } from '../translate/policies/rule-backends.ts';
import { choicesOf } from '../translate/virtual-services/tls-choices.ts';
import type { TranslateContext } from '../translate/translate-context.ts';
import { membersOf, withoutTraffic, type Answer } from './answer.ts';
import type { ExplainedRequest } from './request.ts';

/** What the virtual service below HTTP does with a connection to the port of `listener`. */
export function explainConnection(
  context: TranslateContext,
  listener: L4Listener,
  request: ExplainedRequest,
): { readonly virtualService: string; readonly answer: Answer } {
  const virtualService = context.l4Name(partOf(listener));
  const route = listener.protocol === 'TLS' ? namedRoute(context, listener, request.host) : listener.routes[0];
  return { virtualService, answer: route ? answerOf(context, listener, route) : nobody(listener, request) };
}

function nobody({ protocol, routes }: L4Listener, { host }: ExplainedRequest): Answer {
  const reason = routes.length === 0 ? 'no route is attached' : `no route has the server name ${host}`;
  return { kind: 'closed', reason: protocol === 'TLS' ? reason : 'no route is attached' };
}

/** As the script chooses: the first name that covers the server name. */
function namedRoute(context: TranslateContext, listener: L4Listener, host: string): L4Route | undefined {
  const choice = choicesOf(context, listener).find(({ hostname }) => matches(hostname, host));
  if (!choice) return undefined;
  return listener.routes.find(({ hostnames }) => hostnames.includes(choice.hostname));
}

function answerOf(context: TranslateContext, listener: L4Listener, route: L4Route): Answer {
  const part = partOf(listener);
  const { settings, gateway } = context;
  const rule = `${route.kind} ${route.namespace}/${route.name} rules[0]`;
  const without = withoutTraffic(route.backends);
  if (!hasTraffic(route)) return { kind: 'closed', rule, reason: without.join('; ') || 'the rule has no backend' };
  return {
    kind: 'forward',
    rule,
    poolGroup: l4GroupName(context, { part, route }),
    members: membersOf(backendsWithTraffic(route.backends), (backend) =>
      l4RouteName(settings.clusterName, gateway, part, route, backend),
    ),
    without,
    changes: [],
  };
}
