/** Kubernetes label selectors (meta/v1 LabelSelector): matchLabels and matchExpressions, all of which must hold. */
import { list, record, text } from '../values/read.ts';

/** A selector as in a manifest. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** What is wrong with a selector; undefined for a sound one. The field is relative to the selector. */
export function selectorProblem(selector: LabelSelector): { field: string; message: string } | undefined {
  for (const [index, expression] of list(selector.matchExpressions).entries()) {
    const field = `matchExpressions[${index}]`;
    if (!text(expression.key)) return { field: `${field}.key`, message: 'must name a label' };
    if (!operators.includes(expression.operator)) {
      return { field: `${field}.operator`, message: `must be one of ${operators.join(', ')}` };
    }
    const takesValues = expression.operator === 'In' || expression.operator === 'NotIn';
    if (takesValues && list(expression.values).length === 0) {
      return { field: `${field}.values`, message: `must not be empty with ${expression.operator}` };
    }
  }
  return undefined;
}

/** Whether labels satisfy a selector. An empty selector selects everything; an absent or unsound one nothing. */
export function selects(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  if (selector == null || selectorProblem(selector)) return false;
  const present = record(labels);
  const labelsHold = Object.entries(record(selector.matchLabels)).every(([key, value]) => present[key] === value);
  return labelsHold && list(selector.matchExpressions).every((expression) => holds(expression, present));
}

function holds(
  expression: NonNullable<LabelSelector['matchExpressions']>[number],
  labels: Readonly<Record<string, unknown>>,
): boolean {
  const value = text(labels[expression.key]);
  const listed = value !== undefined && list(expression.values).includes(value);
  switch (expression.operator) {
    case 'In':
      return listed;
    case 'NotIn':
      return !listed;
    case 'Exists':
      return value !== undefined;
    default:
      return value === undefined;
  }
}
