/** What a Gateway's user is told of it: its conditions, its problems and its Events. */
import type { Gateway } from '../../../generated/gateway-api.ts';
import { fails, holds, messages, withIgnored } from '../conditions.ts';
import { splitKey } from '../../values/read.ts';
import type { ConditionDraft, Problem, RoutingEvent } from '../result/findings.ts';
import { asksDedicatedMode, notProgrammed, type GatewaySpec } from './gateway-spec.ts';
import type { ListenerState } from './listeners.ts';

/** The listeners of ListenerSets count where they serve; what is wrong with them is said in the sets' own statuses. */
export function gatewayConditions(spec: GatewaySpec, all: readonly ListenerState[]): readonly ConditionDraft[] {
  const { refusal } = spec;
  if (refusal?.accepted) return [refusal.accepted, refusal.programmed];
  const states = all.filter((state) => state.spec.set === undefined || state.routed.serving);
  const valid = states.filter((state) => state.routed.serving);
  if (states.length === 0) return [fails('Accepted', 'Invalid', messages.noListeners), notProgrammed()];
  if (valid.length === 0) {
    return [
      fails('Accepted', 'ListenersNotValid', listenersMessage(messages.noListenerValid, states)),
      notProgrammed(),
    ];
  }
  const accepted =
    valid.length === states.length
      ? holds('Accepted', 'Accepted', withIgnored(messages.gatewayAccepted, spec.ignored))
      : holds(
          'Accepted',
          'ListenersNotValid',
          withIgnored(listenersMessage(messages.someListenersValid, states), spec.ignored),
        );
  return refusal ? [accepted, refusal.programmed] : [accepted];
}

/** "That Condition SHOULD clearly indicate in the Message which Listeners are conflicted, and which are Accepted." */
function listenersMessage(message: string, states: readonly ListenerState[]): string {
  const conflicted = states.filter((state) => state.spec.refusal?.conflicted);
  if (conflicted.length === 0) return message;
  const names = (some: readonly ListenerState[]) => some.map((state) => state.spec.name).join(', ') || 'none';
  const accepted = states.filter((state) => state.routed.serving);
  return `${message}; conflicted: ${names(conflicted)}; accepted: ${names(accepted)}`;
}

/** What is refused and ignored of a Gateway and its listeners, for `render`. */
export function gatewayProblems(
  resource: string,
  spec: GatewaySpec,
  states: readonly ListenerState[],
  conditions: readonly ConditionDraft[],
): readonly Problem[] {
  const refused = conditions
    .filter((condition) => condition.status === 'False' && (condition.type === 'Accepted' || spec.refusal))
    .map((condition) => ({ resource, field: 'spec', message: condition.message }));
  const ignored = [...spec.ignored, ...states.flatMap((state) => state.spec.ignored)].map((entry) => ({
    resource,
    ...entry,
  }));
  const listeners = states.flatMap((state) =>
    state.routed.conditions
      .filter((condition) => condition.status === 'False' && condition.type !== 'Conflicted')
      .map((condition) => ({
        resource: state.spec.set === undefined ? resource : `ListenerSet/${state.spec.set}`,
        field: state.spec.path,
        message: `${condition.reason}: ${condition.message}`,
      })),
  );
  return [...refused, ...ignored, ...listeners];
}

/** The Events that tell a Gateway's user what is not honoured. */
export function gatewayEvents(
  key: string,
  gateway: Gateway,
  spec: GatewaySpec,
  states: readonly ListenerState[],
  withheld: readonly { readonly reason: string; readonly message: string }[],
): readonly RoutingEvent[] {
  const regarding = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', ...splitKey(key) };
  const warnings = [
    ...states.flatMap((state) => [...state.warnings, ...refusalsOf(state)]),
    ...withheld,
    ...[...spec.ignored, ...states.flatMap((state) => state.spec.ignored)].map(({ field, message }) => ({
      reason: 'FieldIgnored',
      message: `${field} is not honoured: ${message}`,
    })),
    ...(asksDedicatedMode(gateway)
      ? [{ reason: 'DedicatedModeUnsupported', message: 'Dedicated mode is not offered: the Gateway has children' }]
      : []),
  ];
  return warnings.map(({ reason, message }) => ({ type: 'Warning', reason, message, regarding }));
}

/** What a listener is refused for, and references of its that do not resolve. */
function refusalsOf({ spec, routed }: ListenerState): readonly { readonly reason: string; readonly message: string }[] {
  if (spec.refusal) return [{ reason: spec.refusal.reason, message: `Listener ${spec.name}: ${spec.refusal.message}` }];
  return routed.conditions
    .filter(({ type, status }) => type === 'ResolvedRefs' && status === 'False')
    .map(({ reason, message }) => ({ reason, message: `Listener ${spec.name}: ${message}` }));
}
