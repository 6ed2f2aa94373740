/** Rows of the table of what is supported: fields of one kind, or values of them. */

/** What becomes of one field or of some. */
export interface Feature {
  /** Name in the specification's list (pkg/features), where it has one. */
  readonly name?: string;
  /** Paths in objects of the kind, as `spec.rules[].name`; everything below is meant too. */
  readonly fields: readonly string[];
  /** The values that are meant; absent: all. */
  readonly values?: readonly string[];
  /** The circumstance that is meant; such a row stands beside one that speaks of the field as a whole. */
  readonly when?: string;
  readonly support: 'yes' | 'partly' | 'no';
  /** The Avi objects and fields that express it, each as `Type.field` between backticks. */
  readonly avi?: string;
  /** What is missing and why, or what to know of it. Conditions quote it, so it has no markup. */
  readonly reason?: string;
  /** What says so to the user: conditions as `Type=Status/Reason` between backticks, or one of `dropped` and `ignored`. */
  readonly says?: string;
  /** The installed CRDs do not serve the field: it is of the experimental channel. */
  readonly experimental?: true;
  /** Kind whose table has the same fields. */
  readonly sameAs?: string;
}

export type Features = Readonly<Record<string, Feature>>;

/** The rule is left out, and the route says so: the page explains it once. */
export const dropped = 'rule dropped';

/** The field has no effect, and its object says so: the page explains it once. */
export const ignored = 'field ignored';

type Rest = Omit<Feature, 'fields' | 'support'>;

export function yes(fields: string | readonly string[], rest: Rest = {}): Feature {
  return row('yes', fields, rest);
}

export function partly(fields: string | readonly string[], rest: Rest & { readonly reason: string }): Feature {
  return row('partly', fields, rest);
}

export function no(fields: string | readonly string[], rest: Rest & { readonly reason: string }): Feature {
  return row('no', fields, rest);
}

function row(support: Feature['support'], fields: string | readonly string[], rest: Rest): Feature {
  return { ...rest, support, fields: typeof fields === 'string' ? [fields] : fields };
}
