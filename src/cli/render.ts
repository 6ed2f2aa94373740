import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import type { Config } from '../config.ts';
import { OFFLINE_SITE } from '../main/settings.ts';
import type { Problem } from '../routing/result/findings.ts';
import { ssoSecretFields, type AviType, type JsonObject } from '../translate/desired.ts';
import type { StatusUpdate } from '../status/update.ts';
import { CommandFailure } from '../main/failure.ts';
import { evaluateManifests } from './offline.ts';
import { vrfContext } from './static-routes.ts';
import { collect, OFFLINE_DEFAULTS, readConfig, withConfigFlags, type ConfigFlags } from './options.ts';

/** An object, or of a VRF context the part that is ours. */
export interface RenderedObject {
  readonly type: AviType | 'vrfcontext';
  readonly tenant: string;
  readonly body: JsonObject;
}

/** What `render` prints; sorted, the same for the same manifests. */
export interface Rendering {
  readonly aviObjects: readonly RenderedObject[];
  readonly statuses: readonly StatusUpdate[];
  readonly problems: readonly Problem[];
}

export interface RenderOptions {
  /** Prints private keys and passwords; otherwise `<redacted>` stands in their place. */
  readonly showSecrets: boolean;
}

const REDACTED = '<redacted>';

function shown(type: AviType, body: JsonObject, options: RenderOptions): JsonObject {
  if (options.showSecrets) return body;
  if (type === 'sslkeyandcertificate' && 'key' in body) return { ...body, key: REDACTED };
  if (type === 'virtualservice' && 'oauth_vs_config' in body) return withoutSsoSecrets(body);
  const { authentication } = body;
  const isLogin = type === 'healthmonitor' && typeof authentication === 'object' && authentication !== null;
  return isLogin ? { ...body, authentication: { ...authentication, password: REDACTED } } : body;
}

function withoutSsoSecrets(body: JsonObject): JsonObject {
  return JSON.parse(
    JSON.stringify(body, (name, value: unknown) => (ssoSecretFields.has(name) ? REDACTED : value)),
  ) as JsonObject;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function byText<T>(text: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => compare(text(a), text(b));
}

/**
 * Renders manifests offline.
 *
 * @param paths files and directories.
 * @throws CommandFailure with exit code 2 when there is nothing that could be rendered.
 */
export async function renderPaths(
  paths: readonly string[],
  config: Config,
  options: RenderOptions,
): Promise<Rendering> {
  const { desired, staticRoutes, statuses, problems } = await evaluateManifests(paths, config, OFFLINE_SITE);
  const vrf = { type: 'vrfcontext', tenant: config.tenant, name: config.vrf } as const;
  const aviObjects = [
    ...desired
      .flatMap((state) => state.objects)
      .map(({ type, tenant, name, body }) => ({ name, type, tenant, body: shown(type, body, options) })),
    ...(staticRoutes.length > 0 ? [{ ...vrf, body: vrfContext(staticRoutes, config) }] : []),
  ]
    .sort(byText(({ type, tenant, name }) => `${type} ${tenant}/${name}`))
    .map(({ type, tenant, body }) => ({ type, tenant, body }));
  return {
    aviObjects,
    statuses: statuses.toSorted(byText(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`)),
    problems: problems.toSorted(byText(({ resource, field, message }) => `${resource} ${field} ${message}`)),
  };
}

/** One line a problem, as `HTTPRoute/ns/name: spec.rules[0]: what is wrong`, without what a terminal would act on. */
export function describeProblem({ resource, field, message }: Problem): string {
  const line = [resource, field, message].filter((part) => part !== '').join(': ');
  return line.replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

interface Flags extends ConfigFlags {
  readonly filename: readonly string[];
  readonly output: 'json' | 'yaml';
  readonly showSecrets: boolean;
}

async function render(flags: Flags): Promise<void> {
  const config = readConfig(flags, { defaults: OFFLINE_DEFAULTS, exitCode: 2 });
  const rendering = await renderPaths(flags.filename, config, { showSecrets: flags.showSecrets });
  const text =
    flags.output === 'yaml'
      ? stringify(rendering, { lineWidth: 0, aliasDuplicateObjects: false })
      : `${JSON.stringify(rendering, null, 2)}\n`;
  process.stdout.write(text);
  for (const problem of rendering.problems) process.stderr.write(`avi-gateway: ${describeProblem(problem)}\n`);
  if (rendering.problems.length > 0) process.exitCode = 1;
}

/** `render`: manifests to Avi objects and statuses, without any network. */
export function renderCommand(): Command {
  return withConfigFlags(
    new Command('render')
      .description(
        'offline: manifests to Avi objects, statuses and problems; exit 0, 1 when something was refused, 2 for unusable input',
      )
      .requiredOption('-f, --filename <path...>', 'files and directories of manifests', collectAll)
      .addOption(new Option('-o, --output <format>', 'output format').choices(['json', 'yaml']).default('json'))
      .option('--show-secrets', 'print private keys instead of <redacted>', false),
  ).action(async (flags: Flags) => {
    await render(flags).catch((error: unknown) => {
      if (error instanceof CommandFailure) throw error;
      throw new CommandFailure((error as Error).message, 2, { cause: error });
    });
  });
}

function collectAll(value: string, previous: readonly string[] | undefined): readonly string[] {
  return collect(value, previous);
}
