/**
 * Manifest files: found, read, split into documents and admitted as the API server would.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Problem } from '../routing/result/findings.ts';
import { keyOf } from '../routing/snapshot.ts';
import { admit, type Admitted } from './admission.ts';
import { isRecord } from './admission/schema.ts';
import { resources } from './kinds.ts';

/** A manifest file; `name` is how messages call it. */
export interface ManifestFile {
  readonly name: string;
  readonly text: string;
}

/** One object of a file, as parsed. */
export interface ManifestDocument {
  readonly file: string;
  /** As `gateways.yaml, document 2`. */
  readonly where: string;
  readonly value: unknown;
}

export interface Manifests {
  /** With the Namespaces that the objects are in but no file defines. */
  readonly objects: readonly Admitted[];
  readonly problems: readonly Problem[];
}

const extensions = ['.yaml', '.yml', '.json'];
const fileProblem = (file: string, message: string): Problem => ({ resource: file, field: '', message });

/**
 * Reads manifests from files and directories (recursively, `*.yaml`, `*.yml`, `*.json`; several documents a file; Lists).
 * @param now RFC 3339; the creationTimestamp of objects without one.
 * @throws Error when a path cannot be read.
 */
export async function readManifests(paths: readonly string[], now: string): Promise<Manifests> {
  const parsed = parseManifests(await readFiles(await findFiles(paths)));
  const admitted = admitDocuments(parsed.documents, now);
  return {
    objects: withNamespaces(admitted.objects, now),
    problems: [...parsed.problems, ...admitted.problems],
  };
}

/** A file found: its path, and how messages call it. */
export interface FoundFile {
  readonly path: string;
  readonly name: string;
}

/** @returns the manifest files under the paths, sorted; a path that is a file counts whatever its name is. */
export async function findFiles(paths: readonly string[]): Promise<readonly FoundFile[]> {
  const found = await Promise.all(paths.map(findUnder));
  return found.flat();
}

async function findUnder(path: string): Promise<readonly FoundFile[]> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `Cannot read ${path}: ${error.code === 'ENOENT' ? 'there is no such file or directory' : error.message}`,
    );
  });
  if (!info.isDirectory()) return [{ path, name: path }];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && extensions.some((extension) => entry.name.endsWith(extension)))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ path: file, name: relative(path, file) }))
    .filter(({ name }) => !isHidden(name));
}

/** A mounted ConfigMap has its files twice: in a hidden folder, and as links to there. */
function isHidden(name: string): boolean {
  return name.split(sep).some((part) => part.startsWith('.'));
}

export async function readFiles(files: readonly FoundFile[]): Promise<readonly ManifestFile[]> {
  return Promise.all(files.map(async ({ path, name }) => ({ name, text: await readFile(path, 'utf8') })));
}

/** Splits files into documents. A file with a syntax error yields a problem and none of its documents. */
export function parseManifests(files: readonly ManifestFile[]): {
  readonly documents: readonly ManifestDocument[];
  readonly problems: readonly Problem[];
  /** Names of the files that could not be parsed. */
  readonly unreadable: ReadonlySet<string>;
} {
  const documents: ManifestDocument[] = [];
  const problems: Problem[] = [];
  const unreadable = new Set<string>();
  for (const file of files) {
    try {
      documents.push(...parseFile(file));
    } catch (error) {
      unreadable.add(file.name);
      problems.push(fileProblem(file.name, (error as Error).message));
    }
  }
  return { documents, problems, unreadable };
}

function parseFile({ name, text }: ManifestFile): readonly ManifestDocument[] {
  const parsed = parseAllDocuments(text, { logLevel: 'silent' });
  const values = 'empty' in parsed ? [] : parsed.map((document, index) => toValue(document, index));
  return values.flatMap((value, index) => {
    if (value === null || value === undefined) return [];
    const where = values.length > 1 ? `${name}, document ${index + 1}` : name;
    return expandList(value).map((item, position, items) => ({
      file: name,
      where: items.length > 1 ? `${where}, item ${position + 1}` : where,
      value: item,
    }));
  });
}

type Parsed = Exclude<ReturnType<typeof parseAllDocuments>, { empty: true }>[number];

/** @throws Error that names the document, and the line where there is one. */
function toValue(document: Parsed, index: number): unknown {
  const [error] = document.errors;
  if (error) throw new Error(`document ${index + 1} is not YAML: ${firstLine(error.message)}`);
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new Error(`document ${index + 1} is not YAML: ${firstLine((error as Error).message)}`, { cause: error });
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.replace(/:$/, '') ?? '';
}

/** The items of a `List`, or of a `GatewayList` and the like. */
function expandList(value: unknown): readonly unknown[] {
  if (!isRecord(value) || typeof value.kind !== 'string' || !value.kind.endsWith('List')) return [value];
  return Array.isArray(value.items) ? value.items.flatMap(expandList) : [value];
}

/** What became of the documents; `refused` holds the identities of refused objects, as far as they have one. */
export interface AdmittedDocuments extends Manifests {
  readonly refused: ReadonlySet<string>;
  /** The file that each admitted object is from, by `identity`. */
  readonly files: ReadonlyMap<string, string>;
}

/** Admits documents in order; an object that was already defined is refused. */
export function admitDocuments(documents: readonly ManifestDocument[], now: string): AdmittedDocuments {
  const objects = new Map<string, { readonly admitted: Admitted; readonly where: string }>();
  const files = new Map<string, string>();
  const refused = new Set<string>();
  const problems: Problem[] = [];
  for (const { value, where, file } of documents) {
    const { admitted, problems: found } = admit(value, where, now);
    problems.push(...found.map((problem) => withWhere(problem, where)));
    const id = admitted ? identity(admitted) : identityOfRaw(value);
    if (!admitted) {
      if (found.length > 0 && id) refused.add(id);
      continue;
    }
    const first = objects.get(id ?? '');
    if (first)
      problems.push({
        resource: id ?? where,
        field: 'metadata.name',
        message: `is already defined in ${first.where} (${where})`,
      });
    else objects.set(id ?? where, { admitted, where });
    files.set(id ?? where, first ? (files.get(id ?? where) ?? file) : file);
  }
  return { objects: [...objects.values()].map(({ admitted }) => admitted), problems, refused, files };
}

function withWhere(problem: Problem, where: string): Problem {
  return problem.resource === where ? problem : { ...problem, message: `${problem.message} (${where})` };
}

/** `Kind/namespace/name`. */
export function identity({ kind, object }: Admitted): string {
  return `${kind}/${keyOf(object.metadata ?? {})}`;
}

function identityOfRaw(value: unknown): string | undefined {
  if (!isRecord(value) || !isRecord(value.metadata) || typeof value.kind !== 'string') return undefined;
  const { name, namespace } = value.metadata;
  if (typeof name !== 'string') return undefined;
  const clusterScoped = Object.values(resources).some(({ kind, namespaced }) => kind === value.kind && !namespaced);
  const inNamespace = typeof namespace === 'string' ? namespace : 'default';
  return `${value.kind}/${clusterScoped ? name : keyOf({ namespace: inNamespace, name })}`;
}

/** Adds the Namespaces that objects are in but that are not among them; a cluster could not hold the objects without. */
export function withNamespaces(objects: readonly Admitted[], now: string): readonly Admitted[] {
  const defined = new Set(objects.map(identity));
  const names = new Set(objects.flatMap(({ object }) => object.metadata?.namespace ?? []));
  const missing = [...names].filter((name) => !defined.has(`Namespace/${name}`)).sort();
  return [...missing.map((name) => assumedNamespace(name, now)), ...objects];
}

function assumedNamespace(name: string, now: string): Admitted {
  const labels = { 'kubernetes.io/metadata.name': name };
  return { kind: 'Namespace', object: { metadata: { name, labels, creationTimestamp: now, generation: 1 } } };
}
