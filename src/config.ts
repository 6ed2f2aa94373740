/** The configuration: one YAML file, the environment and flags make one frozen value, validated once. */
import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { configKeys, configSchema, type ConfigValues } from './config/schema.ts';

/** The configuration; deeply read-only and frozen. */
export type Config = DeepReadonly<ConfigValues>;

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** What cannot be used as a configuration; the message names the source and the key. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Where a configuration comes from; later sources win: defaults, file, environment, flags. */
export interface ConfigSources {
  /** A command's own defaults by key path, beneath the file. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Path of the YAML file. Absent: `AVI_GATEWAY_CONFIG` of the environment, else none. */
  readonly file?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Values by key path, as `{ 'controller.addresses': ['avi'] }`. `undefined` is "not given". */
  readonly flags?: Readonly<Record<string, unknown>>;
}

type Tree = { [key: string]: unknown };

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is there already and is no mapping stays, so that the validation names it. */
function assign(tree: Tree, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let node = tree;
  for (const key of keys) {
    const child = node[key] ?? {};
    if (!isTree(child)) return;
    node[key] = child;
    node = child;
  }
  node[last] = value;
}

function lookUp(tree: Tree, path: string): unknown {
  return path.split('.').reduce<unknown>((node, key) => (isTree(node) ? node[key] : undefined), tree);
}

/** Parses YAML and throws a ConfigError that names the source and the place. */
function parseYaml(text: string, source: string): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  const error = document.errors[0];
  if (error) throw new ConfigError(`${source}: not valid YAML: ${error.message.split('\n')[0] ?? ''}`);
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (cause) {
    throw new ConfigError(`${source}: not valid YAML: ${(cause as Error).message}`, { cause });
  }
}

function readConfigFile(file: string): Tree {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`${file}: the configuration file cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const value = parseYaml(text, file) ?? {};
  if (!isTree(value)) throw new ConfigError(`${file}: must hold a mapping of keys at its top level`);
  return value;
}

/** Name of the environment variable for a key: `controller.tls.caFile` is `AVI_GATEWAY_CONTROLLER_TLS_CA_FILE`. */
export function environmentName(key: string): string {
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replaceAll('.', '_');
  return `AVI_GATEWAY_${words.toUpperCase()}`;
}

/** Variables with our prefix that are no keys: the file's path, and stack traces on a failure. */
const OTHER_VARIABLES = ['AVI_GATEWAY_CONFIG', 'AVI_GATEWAY_STACK'];

/** Kubernetes itself sets such variables in every pod of a namespace with a Service named `avi-gateway…`. */
const SERVICE_LINK = /_SERVICE_HOST$|_SERVICE_PORT(_|$)|_PORT$|_PORT_\d+_(TCP|UDP|SCTP)(_|$)/;

/** Variables with our prefix that nothing reads, most likely misspelt. */
function unknownVariables(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const known = new Set([...OTHER_VARIABLES, ...configKeys().map(({ path }) => environmentName(path))]);
  return Object.keys(env).filter(
    (name) => name.startsWith('AVI_GATEWAY_') && !known.has(name) && !SERVICE_LINK.test(name),
  );
}

/** Values of keys that are not text are YAML, so that `[a, b]`, `true` and `5` mean what they mean in the file. */
function environmentValue(name: string, text: string, isText: boolean): unknown {
  return isText ? text : parseYaml(text, `environment variable ${name}`);
}

function describePath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text ? `${text}.${String(part)}` : String(part);
  }, '');
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = describePath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => (path ? `${path}.${key}` : key)).join(', ');
    return `${keys}: unknown key; docs/configuration.md lists the keys there are`;
  }
  return `${path || 'configuration'}: ${issue.message}`;
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze);
  return Object.freeze(value);
}

/**
 * Reads and validates the configuration.
 *
 * @throws ConfigError with one line a fault, each naming the key and what is wrong with it.
 */
export function loadConfig(sources: ConfigSources = {}): Config {
  const env = sources.env ?? {};
  const unknown = unknownVariables(env);
  if (unknown.length > 0) {
    const faults = unknown.map(
      (name) => `environment variable ${name}: names no key; docs/configuration.md lists them`,
    );
    throw new ConfigError(faults.join('\n'));
  }
  const file = sources.file ?? env.AVI_GATEWAY_CONFIG;
  const tree: Tree = file ? readConfigFile(file) : {};
  for (const [path, value] of Object.entries(sources.defaults ?? {})) {
    if (lookUp(tree, path) === undefined) assign(tree, path, value);
  }
  for (const key of configKeys()) {
    const name = environmentName(key.path);
    const text = env[name];
    if (text !== undefined && text !== '') assign(tree, key.path, environmentValue(name, text, key.text));
  }
  for (const [key, value] of Object.entries(sources.flags ?? {})) {
    if (value !== undefined) assign(tree, key, value);
  }
  const result = configSchema.safeParse(tree);
  if (result.success) return freeze(result.data);
  const source = file ?? 'configuration';
  throw new ConfigError(result.error.issues.map((issue) => `${source}: ${describeIssue(issue)}`).join('\n'));
}
