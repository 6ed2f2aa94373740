/** References to extensions by filters, as those of rules and those of backends have them. */
import { akoGroup, isExtensionKind } from './extension-kinds.ts';
import type { ExtensionSnapshot } from './extension-objects.ts';
import type { AviName } from './avi-settings.ts';
import { text } from '../../values/read.ts';
import type { RoutedBackend } from '../result/routed-backend.ts';

/** What extensions are resolved with. */
export interface ExtensionSources {
  readonly snapshot: ExtensionSnapshot;
  /** Objects that extensions may name and that the controller is known not to have, by `aviNameId`. */
  readonly missing: ReadonlySet<string>;
  /** What a reference that does not hold means: an error for its requests, or, as AKO has it, nothing. */
  readonly onInvalid: 'fail' | 'ako';
}

/** Why a reference does not hold: a reason of ResolvedRefs, and a message that names the field. */
export type Failure = NonNullable<RoutedBackend['invalid']>;

/** The settings that hold, what of the controller they name, and why references do not hold. */
export interface ReadExtension<Settings> {
  readonly settings?: Settings;
  readonly named: readonly AviName[];
  readonly failures: readonly Failure[];
}

/** `extensionRef` of a filter, as it is written. */
export interface ExtensionRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name?: string;
}

/** A reference with where it stands, as `spec.rules[0].backendRefs[1].filters[0].extensionRef`. */
export interface PlacedRef {
  readonly ref: ExtensionRef | undefined;
  readonly path: string;
}

/** Identity of an object that is named on the controller, in the tenant of whoever names it. */
export function aviNameId({ type, name }: AviName): string {
  return `${type} ${name}`;
}

/**
 * What every operator of this kind names its own objects with, in whatever cluster. They may be of another namespace: its
 * certificate, its policies. Nobody else may name them, and nothing keeps them from being deleted.
 */
const operatorsOwn = /^ako-(?:gw|crd-operator)-/i;

/** Why an object that is named cannot be used; undefined where it can. */
export function aviNameProblem(name: AviName, missing: ReadonlySet<string>): string | undefined {
  if (operatorsOwn.test(name.name)) return `${name.type} ${name.name} is an operator's own and cannot be named`;
  return missing.has(aviNameId(name)) ? `the controller has no ${name.type} ${name.name}` : undefined;
}

/** The same of several, without those that can be used. */
export function aviNameProblems(names: readonly AviName[], missing: ReadonlySet<string>): readonly string[] {
  return names.flatMap((name) => aviNameProblem(name, missing) ?? []);
}

/** The kind of AKO's that a reference means; empty for another group's. */
export function akoKind(ref: ExtensionRef | undefined): string {
  return ref?.group === akoGroup ? (text(ref.kind) ?? '') : '';
}

/** The one failure of a reference, without settings. */
export function failedRef(reason: string, message: string): ReadExtension<never> {
  return { named: [], failures: [{ reason, message }] };
}

/** @param holder what the reference stands in */
export function unsupportedKind({ ref, path }: PlacedRef, holder: string): ReadExtension<never> {
  const kind = text(ref?.kind) ?? '';
  const given = ref?.group !== akoGroup && isExtensionKind(kind) ? `${ref?.group ?? ''}/${kind}` : kind;
  return failedRef('InvalidKind', `${path}: Unsupported kind ${given} defined on ${holder}`);
}
