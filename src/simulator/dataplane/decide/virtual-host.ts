import type { EvhOrder, VhRule, VirtualServiceProgram } from '../program/program.ts';
import { percentDecode, withoutPort, type ClientRequest } from '../http/request.ts';

/** A VH rule and the child that it belongs to. */
interface Candidate {
  readonly child: VirtualServiceProgram;
  readonly rule: VhRule;
}

/** EQUALS and BEGINS_WITH criteria that read the path the same way. */
interface PathTable {
  readonly read: (path: string) => string;
  readonly equals: Map<string, Candidate[]>;
  readonly prefixes: Map<string, Candidate[]>;
  /** Distinct lengths of the prefixes, longest first. */
  readonly lengths: readonly number[];
}

/** The VH rules of one host, with an index by path that is built when first asked for. */
interface HostEntry {
  readonly candidates: readonly Candidate[];
  readonly tables: () => readonly PathTable[];
  /** Everything that is neither EQUALS nor BEGINS_WITH: its place in the order is not trusted. */
  readonly others: () => readonly Candidate[];
}

/** A parent (or a stand-alone virtual service) with the children that are programmed at the moment. Immutable. */
export interface Program {
  readonly parent: VirtualServiceProgram;
  readonly children: ReadonlyMap<string, VirtualServiceProgram>;
  readonly evhOrder: EvhOrder;
  readonly exact: ReadonlyMap<string, HostEntry>;
  /** By suffix: `*.x` stands under `.x`. */
  readonly wildcards: ReadonlyMap<string, HostEntry>;
}

function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

function isIndexed(rule: VhRule): boolean {
  return rule.path?.criteria === 'EQUALS' || rule.path?.criteria === 'BEGINS_WITH';
}

function reader(caseSensitive: boolean, decoded: boolean): (path: string) => string {
  const decode = decoded ? percentDecode : (path: string): string => path;
  return caseSensitive ? decode : (path) => decode(path).toLowerCase();
}

function buildTables(candidates: readonly Candidate[]): readonly PathTable[] {
  const tables = new Map<string, PathTable>();
  const add = (map: Map<string, Candidate[]>, value: string, candidate: Candidate): void => {
    const found = map.get(value);
    if (found) found.push(candidate);
    else map.set(value, [candidate]);
  };
  for (const candidate of candidates) {
    const path = candidate.rule.path;
    if (!path || !isIndexed(candidate.rule)) continue;
    const key = `${path.caseSensitive}/${path.decoded}`;
    const table = tables.get(key) ?? {
      read: reader(path.caseSensitive, path.decoded),
      equals: new Map<string, Candidate[]>(),
      prefixes: new Map<string, Candidate[]>(),
      lengths: [],
    };
    tables.set(key, table);
    for (const value of path.values) {
      add(
        path.criteria === 'EQUALS' ? table.equals : table.prefixes,
        path.caseSensitive ? value : value.toLowerCase(),
        candidate,
      );
    }
  }
  return [...tables.values()].map((table) => ({
    ...table,
    lengths: [...new Set([...table.prefixes.keys()].map((prefix) => prefix.length))].sort((a, b) => b - a),
  }));
}

function hostEntry(candidates: readonly Candidate[]): HostEntry {
  return {
    candidates,
    tables: lazily(() => buildTables(candidates)),
    others: lazily(() => candidates.filter(({ rule }) => !isIndexed(rule))),
  };
}

type Hosts = Map<string, HostEntry>;

function change(
  exact: Hosts,
  wildcards: Hosts,
  hosts: Iterable<string>,
  edit: (host: string, old: readonly Candidate[]) => readonly Candidate[],
): void {
  for (const host of hosts) {
    const isWildcard = host.startsWith('*.');
    const map = isWildcard ? wildcards : exact;
    const key = isWildcard ? host.slice(1) : host;
    const candidates = edit(host, map.get(key)?.candidates ?? []);
    if (candidates.length > 0) map.set(key, hostEntry(candidates));
    else map.delete(key);
  }
}

type ChildChanges = ReadonlyMap<string, VirtualServiceProgram | undefined>;

/** The candidates of new children by host. A disabled child takes no requests. */
function candidatesByHost(children: Iterable<VirtualServiceProgram | undefined>): ReadonlyMap<string, Candidate[]> {
  const byHost = new Map<string, Candidate[]>();
  for (const child of children) {
    if (!child?.enabled) continue;
    for (const rule of child.vhRules) {
      const list = byHost.get(rule.host);
      if (list) list.push({ child, rule });
      else byHost.set(rule.host, [{ child, rule }]);
    }
  }
  return byHost;
}

/** A program with children put in the place of their former versions, or taken out (undefined). Only their hosts are touched. */
export function withChildren(program: Program, changes: ChildChanges): Program {
  const exact = new Map(program.exact);
  const wildcards = new Map(program.wildcards);
  const children = new Map(program.children);
  const formers = new Set<VirtualServiceProgram>();
  for (const [uuid, child] of changes) {
    const former = children.get(uuid);
    if (former) formers.add(former);
    children.delete(uuid);
    if (child) children.set(uuid, child);
  }
  const added = candidatesByHost(changes.values());
  const hosts = new Set([...formers].flatMap((former) => former.vhRules.map((rule) => rule.host)));
  for (const host of added.keys()) hosts.add(host);
  change(exact, wildcards, hosts, (host, old) => [
    ...old.filter((candidate) => !formers.has(candidate.child)),
    ...(added.get(host) ?? []),
  ]);
  return { ...program, children, exact, wildcards };
}

/** Links a parent and its children. */
export function linkProgram(
  parent: VirtualServiceProgram,
  children: Iterable<VirtualServiceProgram>,
  evhOrder: EvhOrder,
): Program {
  const empty: Program = { parent, evhOrder, children: new Map(), exact: new Map(), wildcards: new Map() };
  return withChildren(empty, new Map([...children].map((child) => [child.uuid, child])));
}

/** The entries whose host covers `host`: exact first, then wildcards from the longest. A wildcard never covers its apex. */
function levels(program: Program, host: string): readonly HostEntry[] {
  const found: HostEntry[] = [];
  const exact = program.exact.get(host);
  if (exact) found.push(exact);
  for (let dot = host.indexOf('.', 1); dot > 0 && program.wildcards.size > 0; dot = host.indexOf('.', dot + 1)) {
    const entry = program.wildcards.get(host.slice(dot));
    if (entry) found.push(entry);
  }
  return found;
}

type Eligible = (child: VirtualServiceProgram) => boolean;
type Children = Set<VirtualServiceProgram>;

function addMatching(
  into: Children,
  candidates: readonly Candidate[] | undefined,
  request: ClientRequest,
  eligible: Eligible,
): void {
  for (const { child, rule } of candidates ?? []) {
    if (!into.has(child) && eligible(child) && rule.match.test(request)) into.add(child);
  }
}

function bestByPath(entry: HostEntry, request: ClientRequest, eligible: Eligible): Children {
  const found: Children = new Set();
  for (const table of entry.tables()) addMatching(found, table.equals.get(table.read(request.path)), request, eligible);
  if (found.size > 0) return found;
  let longest = -1;
  for (const table of entry.tables()) {
    const path = table.read(request.path);
    for (const length of table.lengths) {
      if (length < longest) break;
      if (length > path.length) continue;
      const hits: Children = new Set();
      addMatching(hits, table.prefixes.get(path.slice(0, length)), request, eligible);
      if (hits.size === 0) continue;
      if (length > longest) found.clear();
      longest = length;
      hits.forEach((hit) => found.add(hit));
      break;
    }
  }
  return found;
}

function allMatching(entry: HostEntry, request: ClientRequest, eligible: Eligible): Children {
  const found = bestByPath(entry, request, eligible);
  for (const table of entry.tables()) {
    const path = table.read(request.path);
    for (const length of table.lengths)
      addMatching(found, table.prefixes.get(path.slice(0, length)), request, eligible);
  }
  addMatching(found, entry.others(), request, eligible);
  return found;
}

/**
 * The virtual services that Avi might choose for a request; with more than one, nothing says which.
 *
 * `longest`: exact host, then the longest wildcard; inside a host EQUALS, then the longest BEGINS_WITH, while other
 * criteria may stand anywhere in the order; a host that no rule of matches leads to the next wider one or to the
 * parent at once. `random`: every child that has a matching rule, else the parent.
 */
export function possibleVirtualServices(
  program: Program,
  request: ClientRequest,
  eligible: Eligible = () => true,
): ReadonlySet<VirtualServiceProgram> {
  const host = withoutPort(request.host).toLowerCase();
  const found: Children = new Set();
  if (program.evhOrder === 'random') {
    for (const level of levels(program, host))
      allMatching(level, request, eligible).forEach((child) => found.add(child));
    return found.size > 0 ? found : new Set([program.parent]);
  }
  for (const level of levels(program, host)) {
    const hits = bestByPath(level, request, eligible);
    addMatching(hits, level.others(), request, eligible);
    hits.forEach((child) => found.add(child));
    if (hits.size > 0) return found;
    found.add(program.parent);
  }
  return found.add(program.parent);
}
