import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/** A source file, parsed. */
export interface SourceFile {
  /** Relative to the root of the repository, as `src/plan/order.ts`. */
  readonly path: string;
  readonly tree: ts.SourceFile;
  /** Imported files of the repository, by path; types included. */
  readonly files: readonly string[];
  /** Imported packages and Node modules, as written. */
  readonly packages: readonly string[];
}

/** Parses a source text. */
export function parseSource(path: string, text: string): SourceFile {
  const specifiers = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  const isOurs = (specifier: string) => specifier.startsWith('.');
  return {
    path,
    tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true),
    files: specifiers.filter(isOurs).map((specifier) => join(dirname(path), specifier)),
    packages: specifiers.filter((specifier) => !isOurs(specifier)),
  };
}

/** Parses every TypeScript file below `src/`. */
export function readSources(root: string): readonly SourceFile[] {
  return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => parseSource(relative(root, path), readFileSync(path, 'utf8')));
}

/** Groups of files that import one another in a circle, each sorted; none when the graph has no cycle (Tarjan). */
export function importCycles(sources: readonly Pick<SourceFile, 'path' | 'files'>[]): readonly (readonly string[])[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const cycles: (readonly string[])[] = [];
  const visit = (path: string): number => {
    const order = index.size;
    index.set(path, order);
    low.set(path, order);
    stack.push(path);
    for (const next of byPath.get(path)?.files ?? []) {
      if (!byPath.has(next)) continue;
      const reached = index.has(next) ? (stack.includes(next) ? index.get(next)! : order) : visit(next);
      low.set(path, Math.min(low.get(path)!, reached));
    }
    if (low.get(path) === order) {
      const group = stack.splice(stack.indexOf(path));
      if (group.length > 1 || byPath.get(path)?.files.includes(path)) cycles.push(group.sort());
    }
    return low.get(path)!;
  };
  for (const { path } of sources) if (!index.has(path)) visit(path);
  return cycles;
}

const impureGlobals = new Set([
  'console',
  'fetch',
  'performance',
  'process',
  'setImmediate',
  'setInterval',
  'setTimeout',
]);
const impureMembers = new Set([
  'Date.now',
  'Math.random',
  'crypto.getRandomValues',
  'crypto.randomUUID',
  'globalThis.process',
]);

/** Where a file reads the clock, chance, the environment or does IO by a global; each as `expression (line)`. */
export function impurities({ tree }: SourceFile): readonly string[] {
  const found: string[] = [];
  const report = (node: ts.Node) => {
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
    found.push(`${node.getText(tree)} (${line + 1})`);
  };
  const visit = (node: ts.Node): void => {
    const isClock =
      ts.isNewExpression(node) && node.expression.getText(tree) === 'Date' && (node.arguments?.length ?? 0) === 0;
    const isMember = ts.isPropertyAccessExpression(node) && impureMembers.has(node.getText(tree));
    if (isClock || isMember || isImpureGlobal(node)) report(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** An identifier that stands for a value: no property's or parameter's name, and nothing inside a type. */
function isImpureGlobal(node: ts.Node): boolean {
  if (!ts.isIdentifier(node) || !impureGlobals.has(node.text)) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  return (
    ts.isCallExpression(parent) || ts.isElementAccessExpression(parent) || ts.isShorthandPropertyAssignment(parent)
  );
}
