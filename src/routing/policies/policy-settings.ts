/** What a policy by itself says: settings, the objects on the controller that it names, and the fields that do not hold. */
import { aviNameProblem, type ExtensionSources } from '../extensions/extension-refs.ts';
import type { AviName, PoolSettings, VirtualServiceSettings } from '../extensions/avi-settings.ts';

/** Sources without what AKO's references mean when they do not hold: a policy's never mean nothing. */
export type PolicySettingSources = Pick<ExtensionSources, 'snapshot' | 'missing'>;

export interface PolicySettings<T> {
  readonly settings: T;
  /** Fields of the settings that cannot be had, with the reason; not in `settings`. */
  readonly failures: ReadonlyMap<keyof T & string, string>;
  readonly named: readonly AviName[];
}

/** Settings without the fields that are not given. */
export function given<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** Takes out of the settings what names objects that the controller does not have. */
export function checkedSettings<T extends PoolSettings | VirtualServiceSettings>(
  settings: T,
  names: readonly (AviName & { readonly field: keyof T })[],
  { missing }: PolicySettingSources,
  paths: Readonly<Partial<Record<keyof T, string>>>,
  broken: ReadonlyMap<keyof T & string, string> = new Map(),
): PolicySettings<T> {
  const failures = new Map(broken);
  for (const { type, name, field } of names) {
    const problem = aviNameProblem({ type, name }, missing);
    if (problem !== undefined)
      failures.set(field as keyof T & string, `spec.${paths[field] ?? String(field)}: ${problem}`);
  }
  const held = Object.entries(settings).filter(([field]) => !failures.has(field as keyof T & string));
  return {
    settings: Object.fromEntries(held) as unknown as T,
    failures,
    named: names.map(({ type, name }): AviName => ({ type, name })),
  };
}
