/** Extensions that have an object of their own on the controller: what it is made of, or why there can be none. */
import { readAuthorities } from '../listeners/certificates.ts';
import type {
  ApplicationProfileObject,
  ExtensionName,
  ExtensionObject,
  HealthMonitorObject,
  PkiProfileObject,
} from './extension-result.ts';
import type { ExtensionKind, ExtensionObjects, Extensions } from './extension-kinds.ts';
import { compareAge, list, record, splitKey, text } from '../../values/read.ts';
import type { Snapshot } from '../snapshot.ts';

/** Kinds with an object on the controller. */
export type ObjectKind = ExtensionObject['kind'];

/** An object, or why there is none: AKO's reasons of the condition Programmed. */
export type Judged<T> = { readonly object: T } | { readonly problem: ExtensionProblem };

export interface ExtensionProblem {
  readonly reason: 'NotFound' | 'UnresolvedRef' | 'ConfigurationError';
  readonly message: string;
}

export interface ExtensionSnapshot {
  readonly extensions: Extensions;
  readonly secrets: Snapshot['secrets'];
}

/** Type of Secrets that hold `username` and `password`. */
const basicAuth = 'ako.vmware.com/basic-auth';

export function isObjectKind(kind: ExtensionKind): kind is ObjectKind {
  return kind === 'HealthMonitor' || kind === 'PKIProfile' || kind === 'ApplicationProfile';
}

export function judgeObject(kind: ObjectKind, key: string, snapshot: ExtensionSnapshot): Judged<ExtensionObject> {
  if (kind === 'HealthMonitor') return judgeHealthMonitor(key, snapshot);
  return kind === 'PKIProfile' ? judgePkiProfile(key, snapshot) : judgeApplicationProfile(key, snapshot);
}

/** One that is being deleted counts as long as its finalizer holds it: it goes when nothing uses it any more. */
export function judgeHealthMonitor(key: string, snapshot: ExtensionSnapshot): Judged<HealthMonitorObject> {
  const resource = snapshot.extensions.HealthMonitor.get(key);
  if (!resource) return notFound('HealthMonitor', key);
  const { spec } = resource;
  const base = { kind: 'HealthMonitor', ...extensionName('HealthMonitor', key, snapshot.extensions), spec } as const;
  const secretName = text(spec.authentication?.secret_ref);
  if (secretName === undefined) return { object: base };
  const credentials = readCredentials(`${splitKey(key).namespace}/${secretName}`, snapshot.secrets);
  return 'problem' in credentials ? credentials : { object: { ...base, credentials: credentials.object } };
}

export function judgePkiProfile(key: string, { extensions }: ExtensionSnapshot): Judged<PkiProfileObject> {
  const resource = extensions.PKIProfile.get(key);
  if (!resource) return notFound('PKIProfile', key);
  const certificates: string[] = [];
  for (const [index, entry] of list(resource.spec.ca_certs).entries()) {
    const read = readAuthorities(text(entry.certificate) ?? '');
    const message = `PKIProfile ${key}: spec.ca_certs[${index}].certificate is not a PEM certificate`;
    if (!read) return { problem: { reason: 'ConfigurationError', message } };
    certificates.push(...read);
  }
  return { object: { kind: 'PKIProfile', ...extensionName('PKIProfile', key, extensions), certificates } };
}

export function judgeApplicationProfile(
  key: string,
  { extensions }: ExtensionSnapshot,
): Judged<ApplicationProfileObject> {
  const resource = extensions.ApplicationProfile.get(key);
  if (!resource) return notFound('ApplicationProfile', key);
  const { spec } = resource;
  return { object: { kind: 'ApplicationProfile', ...extensionName('ApplicationProfile', key, extensions), spec } };
}

function notFound(kind: ObjectKind, key: string): { readonly problem: ExtensionProblem } {
  return { problem: { reason: 'NotFound', message: `${kind} ${key} not found` } };
}

function readCredentials(
  key: string,
  secrets: Snapshot['secrets'],
): Judged<NonNullable<HealthMonitorObject['credentials']>> {
  const unresolved = (what: string) =>
    ({ problem: { reason: 'UnresolvedRef', message: `Secret ${key} ${what}` } }) as const;
  const secret = secrets.get(key);
  if (!secret) return unresolved('of spec.authentication.secret_ref does not exist');
  if (secret.type !== basicAuth) return unresolved(`has type ${secret.type ?? 'Opaque'}; it must be ${basicAuth}`);
  const [username, password] = ['username', 'password'].map((name) => decode(record(secret.data)[name]));
  if (!username || !password) return unresolved('must have data username and password');
  const version = text(secret.metadata.resourceVersion);
  return { object: { username, password, ...(version !== undefined && { version }) } };
}

function decode(value: unknown): string | undefined {
  const encoded = text(value);
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}

type ExtensionMap = ReadonlyMap<string, ExtensionObjects[ObjectKind]>;

/** The oldest extension for each name that is made of namespace and name. */
const oldestByName = new WeakMap<ExtensionMap, ReadonlyMap<string, string>>();

/** Which extension it is, and whether an older one has the name that it would have. It need not exist. */
export function extensionName(kind: ObjectKind, key: string, extensions: Extensions): ExtensionName {
  const map: ExtensionMap = extensions[kind];
  const oldest = oldestByName.get(map) ?? indexNames(map);
  oldestByName.set(map, oldest);
  const first = oldest.get(joined(key)) ?? key;
  return first === key ? { key } : { key, contested: true };
}

function indexNames(map: ExtensionMap): ReadonlyMap<string, string> {
  const entries = [...map].map(([key, { metadata }]) => {
    const createdAt = text(metadata.creationTimestamp);
    return { key, ...(createdAt === undefined ? {} : { createdAt }) };
  });
  const index = new Map<string, string>();
  for (const { key } of entries.sort(compareAge)) if (!index.has(joined(key))) index.set(joined(key), key);
  return index;
}

function joined(key: string): string {
  return key.replace('/', '-');
}
