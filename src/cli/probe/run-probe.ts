/** The checks, one after the other, and all objects removed again whatever happens. */
import { createBench, type Bench, type BenchOptions } from './bench.ts';
import type { Check, Observation } from './check.ts';
import type { RestBench } from './rest-bench.ts';
import { overloadChecks } from './checks/overload.ts';
import { policyChecks } from './checks/policies.ts';
import { connectionChecks } from './checks/connections.ts';
import { macroChecks } from './checks/macro.ts';
import { restChecks } from './checks/rest.ts';
import { scriptChecks } from './checks/scripts.ts';
import { selectionChecks } from './checks/selection.ts';
import { serverChecks } from './checks/servers.ts';
import { vipChecks } from './checks/vip.ts';
import type { Finding } from './report.ts';

/** All checks, in the order in which they run. */
export const checks: readonly Check[] = [
  ...restChecks,
  ...overloadChecks,
  ...macroChecks,
  ...selectionChecks,
  ...policyChecks,
  ...scriptChecks,
  ...serverChecks,
  ...connectionChecks,
  ...vipChecks,
];

/** What a probe found, and a line for each object that it could not remove. */
export interface ProbeResult {
  readonly findings: readonly Finding[];
  readonly left: readonly string[];
}

/** @param onFinding called after each check. */
export async function runProbe(options: BenchOptions, onFinding: (finding: Finding) => void): Promise<ProbeResult> {
  const findings: Finding[] = [];
  const add = (finding: Finding) => {
    findings.push(finding);
    onFinding(finding);
  };
  try {
    for (const check of checks) {
      if (check.needs === 'rest') add(await findingOf(check, () => check.run(options), options));
    }
    const bench = await benchOrReason(options);
    for (const check of checks) {
      if (check.needs !== 'rest') add(await findingOf(check, () => runWith(check, bench), options));
    }
  } catch (error) {
    await options.workshop.removeAll();
    throw error;
  }
  return { findings, left: await options.workshop.removeAll() };
}

/** Why traffic cannot be checked. */
class Unreachable extends Error {}

async function benchOrReason(options: BenchOptions): Promise<Bench | Unreachable> {
  try {
    return await createBench(options);
  } catch (error) {
    return new Unreachable(`no traffic: ${(error as Error).message}`);
  }
}

function runWith(check: Exclude<Check, { needs: 'rest' }>, bench: Bench | Unreachable): Promise<Observation> {
  if (bench instanceof Unreachable) throw bench;
  if (check.needs === 'server' && !bench.server) throw new Unreachable('no --server');
  return check.run(bench);
}

async function findingOf(
  { id, assumed }: Check,
  run: () => Promise<Observation>,
  { signal }: Pick<RestBench & BenchOptions, 'signal'>,
): Promise<Finding> {
  if (signal.aborted) return { id, assumed, result: 'not checked', observed: 'interrupted' };
  try {
    const { holds, observed } = await run();
    return { id, assumed, result: holds === undefined ? 'seen' : holds ? 'holds' : 'does not hold', observed };
  } catch (error) {
    return { id, assumed, result: 'not checked', observed: (error as Error).message };
  }
}
