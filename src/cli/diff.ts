import { Command } from 'commander';
import type { AviClient } from '../avi/client.ts';
import type { InventoryStore } from '../avi/inventory.ts';
import type { Config } from '../config.ts';
import type { FieldChange, Operation, Refusal } from '../plan/operation.ts';
import { planObjects, planOrphans } from '../plan/plan-gateway.ts';
import { previousVsVip } from '../plan/inventory/previous-vsvip.ts';
import { objectId } from '../translate/desired.ts';
import { connect, controllerSchema, identityOf, inventoryOf } from '../main/controller.ts';
import { CommandFailure } from '../main/failure.ts';
import { evaluateManifests, evaluateSnapshot, type Evaluation, type FindVsVip } from './offline.ts';
import {
  collect,
  readConfig,
  withClusterFlags,
  withControllerFlags,
  type ClusterFlags,
  type ControllerFlags,
} from './options.ts';
import { describeProblem } from './render.ts';
import { compareRoutes, type RoutesDifference } from './static-routes.ts';

/** Where the controller differs from what is desired. */
export interface Difference {
  readonly operations: readonly Operation[];
  readonly refusals: readonly Refusal[];
  /** Absent: the static routes to pods are as they should be. */
  readonly routes?: RoutesDifference;
}

/** Compares desired objects with the controller's, which `inventory` has loaded; reads only. Objects of ours that nobody desires are deletions. */
export async function compareWithController(
  config: Config,
  inventory: InventoryStore,
  evaluation: Pick<Evaluation, 'desired'>,
): Promise<Difference> {
  const objects = evaluation.desired.flatMap((state) => state.objects);
  // What stands under a wanted name but is not ours is not in the lists; it would be refused, so look for it.
  const listed = inventory.current().objects;
  await Promise.all(
    objects.filter((object) => !listed.has(objectId(object))).map((object) => inventory.reread(object)),
  );
  const context = { inventory: inventory.current(), identity: identityOf(config), schema: controllerSchema() };
  const wanted = planObjects(objects, context);
  const surplus = planOrphans(
    new Set(objects.map(objectId)),
    { explained: () => true, limits: config.deletionGuard, confirmed: true },
    context,
  );
  return {
    operations: [...wanted.operations, ...surplus.operations].filter(({ stage }) => stage === undefined),
    refusals: [...wanted.refusals, ...surplus.refusals],
  };
}

function shown(value: unknown): string {
  return value === undefined ? '(none)' : JSON.stringify(value);
}

function describeChange({ path, before, after }: FieldChange): string {
  return `    ${path}: ${shown(before)} -> ${shown(after)}`;
}

function describeOperation(operation: Operation): string {
  const { id, verb } = operation;
  if (verb === 'create') return `+ ${id}`;
  if (verb === 'delete') return `- ${id}`;
  return [`~ ${id}`, ...operation.changes.map(describeChange)].join('\n');
}

function describeRoutes({ id, changes, taken }: RoutesDifference): readonly string[] {
  const own = changes.length > 0 ? [[`~ ${id}`, ...changes.map(describeChange)].join('\n')] : [];
  return [...own, ...taken.map((route) => `! ${id}\n    ${route}: somebody else has a route to the network`)];
}

/** One paragraph an object: `+` lacks, `-` is too many, `~` differs, with its fields, `!` cannot be made equal. */
export function describeDifference({ operations, refusals, routes }: Difference): string {
  const lines = [
    ...operations.map(describeOperation),
    ...(routes ? describeRoutes(routes) : []),
    ...refusals.map((refusal) => `! ${refusal.id}\n    ${refusal.message}`),
  ];
  return lines.toSorted((a, b) => (a.slice(2) < b.slice(2) ? -1 : 1)).join('\n');
}

interface Flags extends ControllerFlags, ClusterFlags {
  readonly filename?: readonly string[];
  readonly cluster: boolean;
}

/** What the source that the flags name asks for, with what the controller says about the site. */
export async function evaluateDesired(
  flags: Pick<Flags, 'filename' | 'kubeconfig' | 'context'>,
  config: Config,
  client: AviClient,
  inventory: InventoryStore,
): Promise<Evaluation> {
  const { readSite } = await import('../main.ts');
  const site = await readSite(config, client);
  const findVsVip: FindVsVip = (...parent) => previousVsVip(inventory.current(), ...parent);
  if (flags.filename) return evaluateManifests(flags.filename, config, site, findVsVip);
  const { readCluster } = await import('../main.ts');
  return evaluateSnapshot(await readCluster(config, flags), config, site, findVsVip);
}

async function diff(flags: Flags): Promise<void> {
  if ((flags.filename === undefined) !== flags.cluster) {
    throw new CommandFailure('diff: give either -f PATH or --cluster', 2);
  }
  const config = readConfig(flags, { exitCode: 2 });
  const client = connect(config, 2);
  try {
    const inventory = inventoryOf(config, client);
    await inventory.load();
    const evaluation = await evaluateDesired(flags, config, client, inventory);
    for (const problem of evaluation.problems) process.stderr.write(`avi-gateway: ${describeProblem(problem)}\n`);
    const routes = await compareRoutes(evaluation.staticRoutes, config, client);
    const difference = { ...(await compareWithController(config, inventory, evaluation)), ...(routes && { routes }) };
    if (difference.operations.length + difference.refusals.length === 0 && !routes) return;
    process.stdout.write(`${describeDifference(difference)}\n`);
    process.exitCode = 1;
  } finally {
    await client.close();
  }
}

/** `diff`: desired against the controller, field by field; exit codes as `kubectl diff`. */
export function diffCommand(): Command {
  const command = new Command('diff')
    .description('desired against the controller, field by field; exit 0 equal, 1 differs, 2 error')
    .option('-f, --filename <path...>', 'files and directories of manifests', collect)
    .option('--cluster', 'the objects of the cluster that the kubeconfig names', false);
  return withClusterFlags(withControllerFlags(command)).action(async (flags: Flags) => {
    await diff(flags).catch((error: unknown) => {
      if (error instanceof CommandFailure) throw error;
      throw new CommandFailure((error as Error).message, 2, { cause: error });
    });
  });
}
