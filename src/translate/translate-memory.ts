/**
 * What the translation of one Gateway remembers of the time before, so that only what has changed is made anew. The memory
 * never changes a result: everything that a remembered value was made of is compared, by identity where it never changes.
 */
import type { Problem } from '../routing/result/findings.ts';
import type { ChildPlan } from './child-plan.ts';
import type { AviObject } from './desired.ts';
import { createPlanMemory, type PlanMemory } from './gateway-plan.ts';
import type { NameTable } from './naming/name-table.ts';
import type { RuleRef } from './policies/rule-match.ts';
import type { TranslateSettings } from './settings.ts';

/** Use one for one Gateway. Each translation replaces what it finds. */
export interface TranslateMemory {
  readonly plan: PlanMemory;
  objects: ObjectMemory | undefined;
  /** All objects, by type and name. */
  sorted: readonly AviObject[];
}

/** Objects made under the same names, settings and Gateway. */
export interface ObjectMemory {
  readonly basis: ObjectBasis;
  readonly ofChild: WeakMap<ChildPlan, readonly AviObject[]>;
  readonly ofRule: WeakMap<RuleRef, RuleObjects>;
}

/** Pool group and pools of a rule. */
export interface RuleObjects {
  readonly objects: readonly AviObject[];
  readonly problems: readonly Problem[];
}

/** Everything besides its rule that an object follows from. */
export interface ObjectBasis {
  readonly settings: TranslateSettings;
  readonly names: NameTable;
  readonly gateway: string;
  readonly tenant: string;
  /** As JSON. */
  readonly labels: string;
  /** As JSON. */
  readonly infrastructure: string;
}

export function createTranslateMemory(): TranslateMemory {
  return { plan: createPlanMemory(), objects: undefined, sorted: [] };
}

/** The objects of the time before, unless one made now would be another. */
export function objectMemory(memory: TranslateMemory, basis: ObjectBasis): ObjectMemory {
  const known = memory.objects;
  if (known && sameBasis(known.basis, basis)) return known;
  return (memory.objects = { basis, ofChild: new WeakMap(), ofRule: new WeakMap() });
}

function sameBasis(a: ObjectBasis, b: ObjectBasis): boolean {
  return (
    a.settings === b.settings &&
    a.names === b.names &&
    a.gateway === b.gateway &&
    a.tenant === b.tenant &&
    a.labels === b.labels &&
    a.infrastructure === b.infrastructure
  );
}
