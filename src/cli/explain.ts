import { Command, Option } from 'commander';
import type { Config } from '../config.ts';
import { OFFLINE_SITE, translateSettings, type Site } from '../main/settings.ts';
import { explainer, type ExplainedRequest, type Explanation } from '../explain/explain.ts';
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import { nameClaims, resolveNames } from '../translate/naming/name-table.ts';
import { extensionRemarks, type ExtensionRemark } from './explain/extension-remarks.ts';
import { readRequest } from './explain/request.ts';
import { describeAnswer, describeExplanation } from './explain/text.ts';
import { CommandFailure } from '../main/failure.ts';
import { evaluateManifests, evaluateSnapshot, type Evaluation } from './offline.ts';
import {
  collect,
  OFFLINE_DEFAULTS,
  readConfig,
  withClusterFlags,
  withConfigFlags,
  type ClusterFlags,
  type ConfigFlags,
} from './options.ts';

/** One Gateway's explanation, with the addresses that its status has. */
export interface GatewayExplanation extends Explanation {
  readonly addresses: readonly string[];
  /** Extensions and policies that concern the request and do not hold as they are written. */
  readonly remarks: readonly ExtensionRemark[];
}

/** Explains the request at every Gateway of ours, sorted by key. */
export function explainEverywhere(
  { routing, snapshot, statuses }: Pick<Evaluation, 'routing' | 'snapshot' | 'statuses'>,
  config: Config,
  site: Site,
  request: ExplainedRequest,
): readonly GatewayExplanation[] {
  const settings = translateSettings(config, site);
  const gateways = [...routing.gateways.values()];
  const names = resolveNames(gateways.flatMap((gateway) => nameClaims(gateway, settings)));
  return gateways.map((gateway) => {
    const explanation = explainer(gateway, settings, names)(request);
    const remarks = extensionRemarks(explanation, request.host, gateway, { snapshot, statuses });
    return { ...explanation, addresses: addressesOf(gateway), remarks };
  });
}

function addressesOf({ resource }: RoutedGateway): readonly string[] {
  const addresses = resource.status?.addresses ?? [];
  return addresses.flatMap(({ value }) => (value === undefined ? [] : [value]));
}

interface Flags extends ConfigFlags, ClusterFlags {
  readonly request: string;
  readonly header?: readonly string[];
  readonly filename?: readonly string[];
  readonly cluster: boolean;
  readonly gateway?: string;
  readonly output: 'text' | 'json';
}

async function evaluate(flags: Flags, config: Config): Promise<Evaluation> {
  if (flags.filename) return evaluateManifests(flags.filename, config, OFFLINE_SITE);
  const { readCluster } = await import('../main.ts');
  return evaluateSnapshot(await readCluster(config, flags), config, OFFLINE_SITE);
}

/** Those with a listener for the request; where none has, all, so that the reasons are seen. */
function relevant(explanations: readonly GatewayExplanation[]): readonly GatewayExplanation[] {
  const taking = explanations.filter(({ listener }) => listener !== undefined);
  return taking.length > 0 ? taking : explanations;
}

async function explain(url: string, flags: Flags): Promise<void> {
  if ((flags.filename === undefined) !== flags.cluster) {
    throw new CommandFailure('explain: give either -f PATH or --cluster', 2);
  }
  const request = readRequest({ url, method: flags.request, headers: flags.header ?? [] });
  const config = readConfig(flags, { ...(flags.filename && { defaults: OFFLINE_DEFAULTS }), exitCode: 2 });
  const evaluation = await evaluate(flags, config);
  const all = explainEverywhere(evaluation, config, OFFLINE_SITE, request);
  const chosen = flags.gateway === undefined ? all : all.filter(({ gateway }) => gateway === flags.gateway);
  if (chosen.length === 0) throw new CommandFailure(`no Gateway of ours${named(flags)}`, 2);
  const shown = relevant(chosen);
  process.stdout.write(flags.output === 'json' ? `${JSON.stringify(shown, null, 2)}\n` : textOf(shown));
  if (!shown.some(({ answer }) => answer.kind === 'forward' || answer.kind === 'redirect')) process.exitCode = 1;
}

function named({ gateway }: Flags): string {
  return gateway === undefined ? '' : ` is called ${gateway}`;
}

function textOf(explanations: readonly GatewayExplanation[]): string {
  const texts = explanations.map((one) => describeExplanation(one, one.addresses, one.remarks));
  const summary =
    explanations.length > 1
      ? [explanations.map(({ gateway, answer }) => `${gateway}: ${describeAnswer(answer)}`).join('\n')]
      : [];
  return `${[...texts, ...summary].join('\n\n')}\n`;
}

/** `explain`: what a request meets, and which rules it passed over and why. */
export function explainCommand(): Command {
  const command = new Command('explain')
    .description(
      'which listener, route, rule, virtual service, pool group and members a request meets, and which rules it passed over and why; exit 0, 1 when no rule forwards or redirects it, 2 error',
    )
    .argument('<url>', 'http, https, tls, tcp or udp; the path is taken as it is written')
    .option('-X, --request <method>', 'method', 'GET')
    .option('-H, --header <line...>', "a header as 'name: value'; host replaces the URL's", collect)
    .option('-f, --filename <path...>', 'files and directories of manifests', collect)
    .option('--cluster', 'the objects of the cluster that the kubeconfig names', false)
    .option('--gateway <namespace/name>', 'this Gateway only')
    .addOption(new Option('-o, --output <format>', 'output format').choices(['text', 'json']).default('text'));
  return withClusterFlags(withConfigFlags(command)).action(async (url: string, flags: Flags) => {
    await explain(url, flags).catch((error: unknown) => {
      if (error instanceof CommandFailure) throw error;
      throw new CommandFailure((error as Error).message, 2, { cause: error });
    });
  });
}
