/** PoolGroup of a rule: its backends and their shares. */
import type { AviObject } from '../desired.ts';
import { markers } from '../naming/markers.ts';
import { createdBy } from '../naming/names.ts';
import { bareRef, ref } from '../naming/refs.ts';
import { usedBackends } from '../policies/rule-backends.ts';
import type { RuleRef } from '../policies/rule-match.ts';
import { aviObject, routeOrigin, type TranslateContext } from '../translate-context.ts';

/** The largest ratio that Avi takes. */
const largestRatio = 1000;

/** For a rule that has one (`hasPoolGroup`); its members are the backends that `usedBackends` gives. */
export function poolGroup(context: TranslateContext, rule: RuleRef): AviObject {
  const { settings, gateway, routed } = context;
  const backends = usedBackends(rule.rule);
  const ratios = ratiosOf(backends.map((backend) => backend.weight));
  const body = {
    name: context.ruleName(rule),
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    cloud_ref: bareRef('cloud', settings.cloud),
    implicit_priority_labels: false,
    members: backends.map((backend, place) => ({
      pool_ref: bareRef('pool', context.poolName(rule, backend)),
      ratio: ratios[place] ?? 1,
    })),
    markers: markers({ clusterName: settings.clusterName, gateway, route: rule.route, ruleName: rule.rule.name }),
  };
  return aviObject(context, 'poolgroup', body, routeOrigin(rule.route));
}

/** Ratios from 1 to 1000 in proportion to the weights (all positive): as they are, else reduced, else rounded. */
export function ratiosOf(weights: readonly number[]): readonly number[] {
  const largest = Math.max(0, ...weights);
  if (largest <= largestRatio) return weights;
  const divisor = weights.reduce(greatestCommonDivisor);
  const reduced = weights.map((weight) => weight / divisor);
  const scale = Math.min(1, largestRatio / (largest / divisor));
  return reduced.map((weight) => Math.max(1, Math.round(weight * scale)));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
