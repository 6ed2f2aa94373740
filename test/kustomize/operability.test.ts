/** Alerts and dashboard ask for metrics and labels that there are, and each alert has its runbook. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { readPromql } from './promql.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}
interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const rule = parse(read('kustomize/components/alerts/prometheus-rule.yaml')) as {
  readonly spec: { readonly groups: readonly { readonly rules: readonly Alert[] }[] };
};
const alerts = rule.spec.groups.flatMap(({ rules }) => rules);
const { panels } = JSON.parse(read('kustomize/components/dashboard/avi-gateway.json')) as {
  readonly panels: readonly Panel[];
};
const runbooks = read('docs/runbooks.md');

interface Series {
  readonly type: string;
  /** `undefined` for Node's own metrics, which have few. */
  readonly labels: readonly string[] | undefined;
}

/** Each series that is served, by name. */
const series = new Map<string, Series>();
for (const metric of createMetrics({ process: true }).registry.getMetricsAsArray()) {
  const { name, type, labelNames } = metric as unknown as Readonly<{
    name: string;
    type: string;
    labelNames: string[];
  }>;
  const isNodes = name.startsWith('avi_gateway_process') || name.startsWith('avi_gateway_nodejs');
  const labels = isNodes ? undefined : labelNames;
  if (type !== 'histogram') series.set(name, { type, labels });
  else {
    for (const end of ['count', 'sum']) series.set(`${name}_${end}`, { type, labels });
    series.set(`${name}_bucket`, { type, labels: labels && [...labels, 'le'] });
  }
}

/** What an expression gets wrong about the series that there are, after Prometheus' own grammar. */
function faults(expr: string): readonly string[] {
  const { selectors, grouped, problems } = readPromql(expr);
  const found = [...problems];
  const ours = selectors.filter(({ name }) => name.startsWith('avi_gateway_'));
  if (ours.length === 0) found.push('no metric of ours');
  for (const { name, labels, ranged } of ours) {
    const known = series.get(name);
    if (!known) {
      found.push(`${name} does not exist`);
      continue;
    }
    for (const label of [...labels, ...grouped]) {
      if (known.labels && !known.labels.includes(label)) found.push(`${name} has no label ${label}`);
    }
    if (ranged && known.type === 'gauge') found.push(`${name} is a gauge, of which there is no rate`);
  }
  return found;
}

describe('the check itself', () => {
  it.each([
    ['sum(avi_gateway_nonsense)', 'avi_gateway_nonsense does not exist'],
    ['sum by (pod) (avi_gateway_objects)', 'avi_gateway_objects has no label pod'],
    ['avi_gateway_objects{kind="x"}', 'avi_gateway_objects has no label kind'],
    ['rate(avi_gateway_api_request_duration_seconds[5m])', 'avi_gateway_api_request_duration_seconds does not exist'],
    ['up', 'no metric of ours'],
    ['sum(avi_gateway_leader', 'syntax at the end'],
    ['sum by (type) avi_gateway_objects', 'syntax at "avi_gateway_objects"'],
    ['rate(avi_gateway_api_requests_total[5x])', 'syntax at "x"'],
    ['rate(avi_gateway_api_requests_total)', 'Rate wants a range, as metric[5m]'],
    ['increase(avi_gateway_leader[5m])', 'avi_gateway_leader is a gauge, of which there is no rate'],
  ])('notices %s', (expr, fault) => {
    expect(faults(expr)).toContain(fault);
  });
});

describe.each(alerts)('alert $alert', ({ alert, expr, labels, annotations }) => {
  it('asks for what there is, and says how bad it is', () => {
    expect(faults(expr)).toEqual([]);
    expect(['critical', 'warning', 'info']).toContain(labels.severity);
    expect(annotations.description).not.toBe('');
  });

  it('has a runbook, and uses only labels that its expression keeps', () => {
    expect(annotations.runbook).toBe(`docs/runbooks.md#${alert.toLowerCase()}`);
    expect(runbooks).toContain(`\n## ${alert}\n`);
    for (const [, label = ''] of annotations.summary.matchAll(/\$labels\.(\w+)/g)) {
      expect(expr).toContain(`by (${label})`);
    }
  });
});

it('has no runbook without an alert', () => {
  const sections = [...runbooks.matchAll(/^## (AviGateway\w+)$/gm)].map(([, name]) => name);
  expect(sections).toEqual(alerts.map(({ alert }) => alert));
});

it('has every reason of Events that the operator gives by name', () => {
  const source = new URL('../../src/', import.meta.url);
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const reasons = files
    .map((file) => read(`src/${file}`))
    .flatMap((text) => [
      ...text.matchAll(/type: '(?:Warning|Normal)',\s*reason: '(\w+)'/g),
      ...text.matchAll(/\bwarn\('(\w+)'/g),
    ])
    .map(([, reason = '']) => reason);
  expect(reasons.length).toBeGreaterThan(8);
  const events = runbooks.slice(runbooks.indexOf('\n## Events\n'));
  expect(reasons.filter((reason) => !events.includes(`\`${reason}\``))).toEqual([]);
});

describe('the dashboard', () => {
  it('asks for what there is', () => {
    // Grafana puts a duration in its place.
    const sent = (expr: string): string => expr.replaceAll('$__rate_interval', '5m');
    const wrong = panels.flatMap(({ title, targets }) =>
      targets.flatMap(({ expr }) => faults(sent(expr)).map((fault) => `${title}: ${fault}`)),
    );
    expect(wrong).toEqual([]);
  });

  it('shows every metric', () => {
    const asked = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join(' ');
    const own = createMetrics()
      .registry.getMetricsAsArray()
      .map(({ name }) => name);
    expect(own.filter((name) => !asked.includes(name))).toEqual([]);
  });
});
