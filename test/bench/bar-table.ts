/** Writes the tables of docs/benchmarks/README.md from the JSON files beside it: `node test/bench/bar-table.ts`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../crds/generate/upstream.ts';
import { incumbentTable } from './incumbent.ts';
import { reasons } from './reasons.ts';
import type { Report } from './report.ts';
import { nameOf, standings, type Standing } from './standing.ts';

/** A report, and the name of its files without the ending. */
export interface NamedReport {
  readonly name: string;
  readonly report: Report;
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The table of the runs. */
export function runTable(reports: readonly NamedReport[]): string {
  const rows = reports
    .toSorted((a, b) => a.report.options.routes - b.report.options.routes || (a.name < b.name ? -1 : 1))
    .map(({ name, report: { date, versions, machine, options, took }, ...rest }) =>
      row([
        `[${name}](${name}.md) ([JSON](${name}.json))`,
        nameOf({ ...rest, options } as Report),
        options.scenarios.join(', '),
        took === undefined ? '–' : `${Math.round(took)} s`,
        `${date}, ${versions.commit}`,
        `${machine.loadBefore}, ${machine.loadAfter}`,
      ]),
    );
  return [
    row(['run', 'with', 'scenarios', 'took', 'when, commit', 'load average before, after']),
    row(Array<string>(6).fill('---')),
    ...rows,
  ].join('\n');
}

/** The table of the bars, with a reason for each that is missed. */
export function barTable(all: readonly Standing[]): string {
  const rows = all.map((one) => row([one.what, one.bar, one.measured, one.met ? 'met' : missed(one)]));
  const met = all.filter((one) => one.met).length;
  return [
    `${met} of ${all.length} are met.`,
    '',
    row(['what', 'bar', 'measured', '']),
    row(Array<string>(4).fill('---')),
    ...rows,
  ].join('\n');
}

function missed({ id, share }: Standing): string {
  const by = share === undefined ? '' : ` by ${Math.round((share - 1) * 100)} %`;
  return `**missed**${by}: ${reasons[id] ?? 'not examined'}`;
}

/** Above this load average before a run its times say more of the others than of us. */
const idle = 1;

/** Bulk loads with macro calls beside the same without. */
export function macroTable(reports: readonly NamedReport[]): string {
  const loads = reports.flatMap(({ report }) =>
    report.measurements.filter(({ scenario }) => scenario === 'bulk').map((measured) => ({ report, measured })),
  );
  const same = (a: Report, b: Report): boolean =>
    a.options.routes === b.options.routes &&
    a.options.latencyMs === b.options.latencyMs &&
    a.options.concurrency === b.options.concurrency &&
    (b.options.replicas ?? 1) === 1;
  const pairs = loads
    .filter(({ report }) => report.options.macro)
    .flatMap((on) => {
      const off = loads.find(({ report }) => !report.options.macro && same(on.report, report));
      return off ? [off, on] : [];
    });
  const rows = pairs.map(({ report, measured }) => {
    const { calls, byCall, lastWriteMs = 0, limit, cpu } = measured;
    const read = Object.entries(byCall).reduce((sum, [call, count]) => sum + (call.startsWith('GET') ? count : 0), 0);
    const time = report.machine.loadBefore > idle ? '–' : `${(lastWriteMs / 1000).toFixed(1)} s`;
    return row([
      nameOf(report),
      report.options.macro ? 'on' : 'off',
      String(calls),
      String(byCall['POST macro'] ?? 0),
      String(read),
      time,
      `${(limit.ms / 1000).toFixed(1)} s (${limit.by})`,
      `${(cpu.operator ?? 0).toFixed(1)} s`,
    ]);
  });
  const titles = ['bulk load', '`apply.macro`', 'calls', 'macro calls', 'reads', 'last write', 'limit', 'operator CPU'];
  return [row(titles), row(Array<string>(titles.length).fill('---')), ...rows].join('\n');
}

/** Replaces what stands between the marks of a table. @throws Error when the page has no such marks. */
export function between(page: string, mark: string, text: string): string {
  const [begin, end] = [`<!-- ${mark}: written by test/bench/bar-table.ts -->`, `<!-- end of ${mark} -->`];
  const [before, rest] = [page.split(begin)[0], page.split(begin)[1]?.split(end)[1]];
  if (before === undefined || rest === undefined) throw new Error(`the page has no marks "${begin}" and "${end}"`);
  return [before + begin, '', text, '', end + rest].join('\n');
}

/** The page with its tables. */
export function withTables(page: string, reports: readonly NamedReport[]): string {
  const all = standings(reports.map(({ report }) => report));
  const filled = between(between(page, 'runs', runTable(reports)), 'bars', barTable(all));
  const beside = between(filled, 'incumbent', incumbentTable(reports.map(({ report }) => report)));
  return between(beside, 'macro calls', macroTable(reports));
}

/** The results that are committed. */
export function committedReports(): readonly NamedReport[] {
  const folder = join(root, 'docs/benchmarks');
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.map((file) => ({
    name: file.replace(/\.json$/, ''),
    report: JSON.parse(readFileSync(join(folder, file), 'utf8')) as Report,
  }));
}

if (import.meta.main) {
  const page = join(root, 'docs/benchmarks/README.md');
  writeFileSync(page, withTables(readFileSync(page, 'utf8'), committedReports()));
}
