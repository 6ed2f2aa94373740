/** Reads PromQL with the grammar of Prometheus' own editor. */
import { parser } from '@prometheus-io/lezer-promql';

/** `name{label=…}` in an expression. */
interface Selector {
  readonly name: string;
  readonly labels: readonly string[];
  /** It stands in a function that takes a range of a counter, as rate. */
  readonly ranged: boolean;
}

interface ReadExpression {
  readonly selectors: readonly Selector[];
  /** Labels of `by` and `without`. */
  readonly grouped: readonly string[];
  /** What is wrong without looking at any metric. */
  readonly problems: readonly string[];
}

type Node = NonNullable<ReturnType<typeof parser.parse>['topNode']['firstChild']>;

/** Functions of counters. */
const ofRanges = new Set(['Rate', 'Increase', 'Irate', 'IRate', 'Resets']);

export function readPromql(expr: string): ReadExpression {
  const selectors: Selector[] = [];
  const grouped: string[] = [];
  const problems: string[] = [];
  const text = ({ from, to }: { readonly from: number; readonly to: number }): string => expr.slice(from, to);
  const visit = (node: Node, ranged: boolean): void => {
    if (node.type.isError) problems.push(node.from === expr.length ? 'syntax at the end' : `syntax at "${text(node)}"`);
    if (node.name === 'GroupingLabels') grouped.push(...node.getChildren('LabelName').map(text));
    if (node.name === 'VectorSelector') selectors.push(selectorOf(node, ranged, text));
    const called = node.name === 'FunctionCall' ? node.getChild('FunctionIdentifier')?.firstChild?.name : undefined;
    const wantsRange = called !== undefined && ofRanges.has(called);
    if (wantsRange && !node.getChild('FunctionCallBody')?.getChild('MatrixSelector')) {
      problems.push(`${called} wants a range, as metric[5m]`);
    }
    for (let child = node.firstChild; child; child = child.nextSibling) visit(child, ranged || wantsRange);
  };
  visit(parser.parse(expr).topNode, false);
  return { selectors, grouped, problems };
}

function selectorOf(node: Node, ranged: boolean, text: (node: Node) => string): Selector {
  const name = node.getChild('Identifier');
  const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
  const labels = matchers.flatMap((matcher) => matcher.getChildren('LabelName').map(text));
  return { name: name ? text(name) : '', labels, ranged };
}
