import { Command } from 'commander';
import { applyPlan } from '../apply/apply.ts';
import type { Outcome } from '../apply/outcome.ts';
import type { AviClient } from '../avi/client.ts';
import type { Config } from '../config.ts';
import { reconcileStaticRoutes } from '../loop/static-routes.ts';
import { planOrphans } from '../plan/plan-gateway.ts';
import type { Plan } from '../plan/operation.ts';
import { silentLogger } from '../telemetry/log.ts';
import { confirm } from './confirm.ts';
import { connect, controllerSchema, identityOf, inventoryOf } from '../main/controller.ts';
import { CommandFailure } from '../main/failure.ts';
import { readConfig, withControllerFlags, type ControllerFlags } from './options.ts';

interface Flags extends ControllerFlags {
  readonly yes: boolean;
}

/** What a clean-up did. */
export interface CleanupResult {
  readonly plan: Plan;
  readonly outcome: Outcome;
}

/**
 * Deletes what the cluster owns on the controller, dependents first, and nothing else: foreign objects are not even
 * listed in the plan.
 *
 * @param confirm asked with the plan before anything is deleted.
 */
export async function cleanUp(
  config: Config,
  client: AviClient,
  confirm: (plan: Plan) => Promise<boolean>,
): Promise<CleanupResult> {
  const identity = identityOf(config);
  const schema = controllerSchema();
  const inventory = inventoryOf(config, client);
  await inventory.load();
  const plan = planOrphans(
    new Set(),
    { explained: () => true, limits: config.deletionGuard, confirmed: true },
    { inventory: inventory.current(), identity, schema },
  );
  if (plan.operations.length > 0 && !(await confirm(plan))) return { plan, outcome: new Map() };
  const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
  const outcome = await applyPlan(plan, [], { client, inventory, identity, schema, mayWrite: () => true, sleep });
  await removeStaticRoutes(config, client);
  return { plan, outcome };
}

/** Routes to pods are a part of an object that is not ours. */
async function removeStaticRoutes(config: Config, client: AviClient): Promise<void> {
  const { clusterName, vrf, cloud, tenant, nsxtT1LR, vpc, deletionGuard: guard } = config;
  if (nsxtT1LR !== undefined || vpc !== undefined) return;
  const settings = { clusterName, vrf, cloud, tenant };
  const nothing = { nodes: new Map(), blockAffinities: new Map() };
  await reconcileStaticRoutes(nothing, true, { settings, client, guard, logger: silentLogger() });
}

async function askUser(plan: Plan, yes: boolean): Promise<boolean> {
  for (const { id } of plan.operations) process.stdout.write(`delete ${id}\n`);
  return confirm(`Delete these ${plan.operations.length} objects?`, yes);
}

async function cleanup(flags: Flags): Promise<void> {
  const config = readConfig(flags, { exitCode: 1 });
  const client = connect(config, 1);
  try {
    const { plan, outcome } = await cleanUp(config, client, (found) => askUser(found, flags.yes));
    const failed = [...outcome].flatMap(([id, result]) =>
      result.state === 'failed' ? [`${id}: ${result.message}`] : [],
    );
    if (failed.length > 0) throw new CommandFailure(`not everything was deleted:\n${failed.join('\n')}`, 1);
    process.stdout.write(
      plan.operations.length === 0
        ? `nothing on the controller belongs to cluster ${config.clusterName}\n`
        : `${outcome.size} of ${plan.operations.length} objects deleted\n`,
    );
  } finally {
    await client.close();
  }
}

/** `cleanup`: deletes what a cluster owns on the controller. */
export function cleanupCommand(): Command {
  return withControllerFlags(
    new Command('cleanup')
      .description('deletes what this cluster owns on the controller, and only that')
      .option('--yes', 'do not ask', false),
  ).action(cleanup);
}
