/** Names that differ from what the incumbent was recorded with, by case; the reasons are in docs/deviations.md. */
export type NameKind = 'parents' | 'children' | 'poolGroups' | 'pools' | 'certificates';

export interface Deviation {
  /** How many of the incumbent's names we do not have. */
  readonly missing?: number;
  /** How many names we have that the incumbent has not. */
  readonly added?: number;
  readonly reason: string;
}

export const deviations: Readonly<Record<string, Readonly<Partial<Record<NameKind, Deviation>>>>> = {};
