import type { Answer, Explanation, RuleVerdict } from '../../explain/explain.ts';
import type { ExtensionRemark } from './extension-remarks.ts';
import { formatTable } from '../table.ts';

/** Rules behind the one that answers that are shown; the rest is counted. */
const laterShown = 5;

/** The explanation as text, a paragraph a question: listener, rules, virtual service, answer. */
export function describeExplanation(
  explanation: Explanation,
  addresses: readonly string[],
  remarks: readonly ExtensionRemark[] = [],
): string {
  const { gateway, tenant, rules, detached, answer, disagreement } = explanation;
  const where = addresses.length > 0 ? addresses.join(', ') : 'none yet';
  const sections = [
    `Gateway ${gateway} (tenant ${tenant}, address ${where})`,
    section('Listeners', listenerLines(explanation)),
    section('Rules, in the order in which they are asked', ruleLines(rules)),
    section(
      'Routes that name the Gateway and are not attached',
      detached.map(({ route, reason }) => `${route}: ${reason}`),
    ),
    section('Virtual service on Avi', virtualServiceLines(explanation)),
    section('Answer', answerLines(answer)),
    section(
      'Extensions and policies that do not hold as they are written',
      remarks.map(({ extension, reason, message }) => `${extension}: ${reason}: ${message}`),
    ),
    section('This is a defect of avi-gateway, please report it', disagreement === undefined ? [] : [disagreement]),
  ];
  return sections.filter((text) => text !== '').join('\n\n');
}

/** One line of the answer. */
export function describeAnswer(answer: Answer): string {
  return answerLines(answer)[0] ?? '';
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`${title}:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function listenerLines({ listeners }: Explanation): readonly string[] {
  const rows = listeners.map(({ listener, port, protocol, hostname, takes, reason }) => [
    takes ? '*' : '-',
    listener,
    `${protocol} ${port}`,
    hostname ?? '(every host)',
    reason,
  ]);
  return lines(rows);
}

function ruleLines(rules: readonly RuleVerdict[]): readonly string[] {
  const later = rules.filter(({ verdict }) => verdict === 'comes later');
  const hidden = new Set(later.slice(laterShown));
  const rows = rules
    .filter((rule) => !hidden.has(rule))
    .map(({ rule, match, verdict, reasons }) => [
      verdict === 'answers' ? '*' : '-',
      rule,
      match,
      verdict === 'does not match' ? reasons.join('; ') : verdict,
    ]);
  const rest = hidden.size > 0 ? [`  ${hidden.size} more that match and come later`] : [];
  return [...lines(rows), ...rest];
}

function virtualServiceLines({ virtualServices }: Explanation): readonly string[] {
  const rows = virtualServices.map(({ name, role, claim }) => [name, role, claim ?? '']);
  const [first, ...others] = virtualServices;
  const note =
    first && others.length > 0
      ? ["Avi's order among these is not documented; each of them answers this request the same."]
      : [];
  return [...lines(rows), ...note];
}

function answerLines(answer: Answer): readonly string[] {
  if (answer.kind === 'closed') return [`the connection is refused or closed: ${answer.reason}`];
  if (answer.kind === 'error') return [`${answer.status}: ${answer.rule ? `${answer.rule}, ` : ''}${answer.reason}`];
  const set = (answer.settings ?? []).map((text) => `set: ${text}`);
  if (answer.kind === 'redirect') return [`${answer.status} to ${answer.target} (${answer.rule})`, ...set];
  const { rule, poolGroup, members, without, changes } = answer;
  const servers = members.flatMap(({ pool, service, ratio, servers: all }) => [
    `ratio ${ratio}: ${service} (pool ${pool})`,
    ...(all.length === 0 ? ['    no endpoint'] : []),
    ...all.map(({ address, port, enabled }) => `    ${address} ${port}${enabled ? '' : ', takes no new connection'}`),
  ]);
  return [
    `${rule} forwards to pool group ${poolGroup}`,
    ...servers,
    ...without.map((text) => `gets nothing: ${text}`),
    ...changes.map((text) => `changed: ${text}`),
    ...set,
  ];
}

function lines(rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : formatTable(rows).split('\n');
}
