/**
 * Measures the operator between a real API server and the embedded controller. `make bench` runs it; the variables are in
 * docs/benchmarks/README.md. Prints a table, and writes it and the JSON where OUT says. Exits 1 when a count is higher than
 * it should be.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname } from 'node:path';
import { verdict } from './bars.ts';
import { quiet, type Measurement } from './measure.ts';
import { benchNamespace, domain, gateway, gatewayClass, tlsSecret } from './objects.ts';
import { readOptions, type BenchOptions } from './options.ts';
import { report, table } from './report.ts';
import { startRig, type Rig } from './rig.ts';
import { authority } from './authority.ts';
import { applications } from './loads.ts';
import { scenarios } from './scenarios.ts';

async function prepare(rig: Rig): Promise<void> {
  const { kube, options } = rig;
  await kube.apply([gatewayClass]);
  const pair = await (await authority).issue([`secure.${domain}`]);
  await kube.apply([tlsSecret('secure', pair), gateway('gateway', 'secure')]);
  await kube.create(applications(0, options.routes));
  await rig.start('first');
  for (let replica = 1; replica < options.replicas; replica += 1) await rig.startStandby(`standby-${replica}`);
  await quiet(rig);
}

async function run(options: BenchOptions): Promise<readonly Measurement[]> {
  const rig = await startRig(options);
  const measurements: Measurement[] = [];
  try {
    await rig.kube.apply([benchNamespace]);
    await prepare(rig);
    for (const name of options.scenarios) {
      const started = performance.now();
      measurements.push(...(await scenarios[name](rig)));
      console.error(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
    }
    return measurements;
  } finally {
    await rig.close();
  }
}

const options = readOptions(process.env);
const [loadBefore = 0] = loadavg();
const began = performance.now();
const measurements = await run(options);
const result = report(options, loadBefore, (performance.now() - began) / 1000, measurements);
console.log(table(result));
const { exitCode, lines } = verdict(result.measurements, options);
for (const line of lines) console.log(line);
process.exitCode = exitCode;
if (options.output) {
  mkdirSync(dirname(options.output), { recursive: true });
  writeFileSync(`${options.output}.json`, `${JSON.stringify(result, undefined, 2)}\n`);
  writeFileSync(`${options.output}.md`, table(result));
}
