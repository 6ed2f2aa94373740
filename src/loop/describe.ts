/** What `/debug/engine` says of each Gateway. */
import { failures } from '../apply/apply.ts';
import type { EngineContext, GatewayMemory } from './engine-context.ts';
import { countStates, type PlanRecord } from './plan-record.ts';

/** By key: the objects by state, what failed, and the last plan, without any values. */
export function describeGateways({
  memory,
  plans,
}: Pick<EngineContext, 'memory' | 'plans'>): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...memory].map(([key, known]) => [key, describeGateway(known, plans.get(key))]));
}

function describeGateway({ routed, desired, outcome }: GatewayMemory, plan: PlanRecord | undefined): unknown {
  return {
    exists: routed !== undefined,
    objects: desired.objects.length,
    states: countStates(outcome),
    failures: outcome ? failures(outcome) : 'not applied yet',
    lastPlan: plan ?? 'nothing to do so far',
  };
}
