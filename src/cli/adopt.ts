import { Command } from 'commander';
import type { AviClient } from '../avi/client.ts';
import { createInventory } from '../avi/inventory.ts';
import type { Config } from '../config.ts';
import { namePrefix } from '../translate/naming/names.ts';
import { planHandBack, runHandBack } from './adopt/hand-back.ts';
import { configFileOfAko } from './adopt/print-config.ts';
import { planMove, runMove, type Move } from './adopt/take-over.ts';
import { describeTakeover } from './adopt/text.ts';
import { confirm } from './confirm.ts';
import { connect, identityOf, inventoryOf } from '../main/controller.ts';
import { evaluateDesired } from './diff.ts';
import { CommandFailure } from '../main/failure.ts';
import {
  collect,
  readConfig,
  withClusterFlags,
  withControllerFlags,
  type ClusterFlags,
  type ControllerFlags,
} from './options.ts';
import { describeProblem } from './render.ts';

interface Flags extends ControllerFlags, ClusterFlags {
  readonly fromAko?: boolean;
  readonly handBack?: boolean;
  readonly plan?: boolean;
  readonly printConfig?: boolean;
  readonly filename?: readonly string[];
  readonly cluster: boolean;
  readonly recreateDedicated: boolean;
  readonly akoIsStopped: boolean;
  readonly akoNamespace?: string;
  readonly yes: boolean;
}

async function printConfig(flags: Flags): Promise<void> {
  const { akoSettingsOfCluster, akoSettingsOfFiles } = await import('./adopt/ako-source.ts');
  const namespace = flags.akoNamespace ?? 'avi-system';
  const settings = flags.filename ? akoSettingsOfFiles(flags.filename) : await akoSettingsOfCluster(flags, namespace);
  process.stdout.write(configFileOfAko(settings, namespace));
}

async function withController(flags: Flags, run: (config: Config, client: AviClient) => Promise<void>): Promise<void> {
  const config = readConfig(flags, {
    flags: { takeover: 'ako', akoNamespace: flags.akoNamespace },
    exitCode: 2,
  });
  const client = connect(config, 2);
  try {
    await run(config, client);
  } finally {
    await client.close();
  }
}

async function takeOver(flags: Flags): Promise<void> {
  await withController(flags, async (config, client) => {
    const move = await readMove(flags, config, client);
    const plan = await planMove(move);
    process.stdout.write(`${describeTakeover(plan)}\n`);
    if (plan.kept.length === 0) await explainNothingFound(config, client);
    if (flags.plan) return;
    if (plan.dedicated.length > 0 && !flags.recreateDedicated) {
      const names = plan.dedicated.join(', ');
      throw new CommandFailure(
        `nothing was changed: ${names} in dedicated mode would get a new address; --recreate-dedicated allows it`,
        1,
      );
    }
    await refuseRunning(flags, config);
    const count = plan.kept.length + plan.created.length + plan.removed.length;
    if (count === 0) return;
    if (!(await confirm(`Take over ${plan.kept.length} objects?`, flags.yes))) return;
    const failed = await runMove(move, (key) => process.stdout.write(`Gateway ${key}\n`));
    if (failed.length > 0) throw new CommandFailure(`not everything was taken over:\n${failed.join('\n')}`, 1);
    process.stdout.write('taken over; start the operator with takeover: none\n');
  });
}

async function readMove(flags: Flags, config: Config, client: AviClient): Promise<Move> {
  const inventory = inventoryOf(config, client);
  await inventory.load();
  const { desired, problems } = await evaluateDesired(flags, config, client, inventory);
  for (const problem of problems) process.stderr.write(`avi-gateway: ${describeProblem(problem)}\n`);
  if (desired.every(({ objects }) => objects.length === 0)) {
    throw new CommandFailure(
      "no Gateway of ours would be served, so AKO's objects would only be removed: is it the right cluster, and controllerName that of the GatewayClass?",
      1,
    );
  }
  return { config, client, inventory, desired };
}

/** AKO deletes what it does not know, and writes what it does: both at once would undo one another's work. */
async function refuseRunning(flags: Flags, config: Config): Promise<void> {
  if (flags.akoIsStopped) return;
  if (!flags.cluster)
    throw new CommandFailure("nothing was changed: stop AKO's Gateway part, then add --ako-is-stopped", 1);
  const { runningAko } = await import('./adopt/ako-source.ts');
  const running = await runningAko(flags, config.akoNamespace);
  if (running.length === 0) return;
  throw new CommandFailure(
    `nothing was changed: StatefulSet ${running.join(', ')} runs AKO's Gateway part. Stop it first (featureGates.GatewayAPI: false)`,
    1,
  );
}

/** AKO may run in another namespace, which is a part of its mark. */
async function explainNothingFound(config: Config, client: AviClient): Promise<void> {
  const query = { 'name.contains': namePrefix(config.clusterName), fields: 'name,created_by', page_size: '100' };
  const services = await client.list('/api/virtualservice/', { tenant: '*', query });
  const known = identityOf(config).createdBy;
  const others = new Set(services.map(({ created_by: user }) => String(user)).filter((user) => !known.includes(user)));
  if (others.size === 0) return;
  process.stderr.write(
    `avi-gateway: virtual services with the names of cluster ${config.clusterName} were made by ${[...others].join(', ')}; ` +
      `set akoNamespace to what follows ako-gw-${config.clusterName}-\n`,
  );
}

async function giveBack(flags: Flags): Promise<void> {
  await withController({ ...flags }, async (config, client) => {
    const identity = identityOf({ ...config, takeover: 'none' });
    const inventory = createInventory({ client, identity, tenants: ['*'], defaultTenant: config.tenant });
    await inventory.load();
    const plan = planHandBack(config, inventory);
    for (const { id } of plan.returned) process.stdout.write(`hand back ${id}\n`);
    for (const id of plan.kept) process.stdout.write(`keep ${id}\n`);
    if (flags.plan || plan.returned.length === 0) return;
    if (!(await confirm(`Hand ${plan.returned.length} objects back to AKO?`, flags.yes))) return;
    const failed = await runHandBack(plan, client);
    if (failed.length > 0) throw new CommandFailure(`not everything was handed back:\n${failed.join('\n')}`, 1);
    process.stdout.write("handed back; start AKO's Gateway part\n");
  });
}

async function adopt(flags: Flags): Promise<void> {
  if (flags.fromAko === flags.handBack) {
    throw new CommandFailure('adopt: give either --from-ako or --hand-back', 2);
  }
  if (flags.handBack) return giveBack(flags);
  if ((flags.filename === undefined) !== flags.cluster) {
    throw new CommandFailure('adopt: give either -f PATH or --cluster', 2);
  }
  return flags.printConfig ? printConfig(flags) : takeOver(flags);
}

/** `adopt`: takes an AKO installation over, or hands it back. */
export function adoptCommand(): Command {
  const command = new Command('adopt')
    .description("takes AKO's Gateways over, in place: plan first, then object by object (docs/moving-from-ako.md)")
    .option('--from-ako', 'take over')
    .option('--hand-back', 'give the objects back: an AKO that starts finds them as its own')
    .option('--plan', 'only say what would be done')
    .option('--print-config', "print AKO's ConfigMap and Secret as our configuration (-f: files with both)")
    .option('-f, --filename <path...>', 'files and directories of manifests', collect)
    .option('--cluster', 'the objects of the cluster that the kubeconfig names', false)
    .option('--recreate-dedicated', 'allow that Gateways in dedicated mode are made anew, with a new address', false)
    .option('--ako-is-stopped', "do not look whether AKO's Gateway part runs", false)
    .option('--ako-namespace <namespace>', 'namespace that AKO runs in; else akoNamespace of the configuration')
    .option('--yes', 'do not ask', false);
  return withClusterFlags(withControllerFlags(command)).action(async (flags: Flags) => {
    await adopt(flags).catch((error: unknown) => {
      if (error instanceof CommandFailure) throw error;
      throw new CommandFailure((error as Error).message, 2, { cause: error });
    });
  });
}
