/** What the cluster asks for, in short, and who has to answer a request then. */

export interface Match {
  readonly type: 'Exact' | 'PathPrefix';
  readonly path: string;
  readonly header?: string;
}

export interface Backend {
  readonly service: string;
  readonly weight: number;
}

export interface Rule {
  readonly match: Match;
  readonly backends: readonly Backend[];
  readonly filter?: 'request' | 'response' | 'both';
  readonly timeout?: string;
}

export interface Route {
  readonly name: string;
  /** Exact, or with one leading wildcard. */
  readonly host: string;
  /** Older routes win. */
  readonly created: number;
  readonly rules: readonly Rule[];
}

export interface ListenerModel {
  readonly name: string;
  readonly port: number;
  readonly hostname?: string;
  /** Name of the certificate; absent: plain HTTP. */
  readonly certificate?: string;
}

export interface Model {
  readonly listeners: readonly ListenerModel[];
  readonly routes: readonly Route[];
  /** Addresses by Service. */
  readonly services: Readonly<Record<string, readonly string[]>>;
}

/** One kind of request that the client repeats. */
export interface Asked {
  readonly host: string;
  readonly path: string;
  readonly port: number;
  readonly tls: boolean;
  readonly header?: string;
}

function covers(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) && host !== pattern.slice(2) : pattern === host;
}

function matches({ type, path, header }: Match, asked: Asked): boolean {
  if (header !== undefined && header !== asked.header) return false;
  if (type === 'Exact') return asked.path === path;
  return path === '/' || asked.path === path || asked.path.startsWith(`${path}/`);
}

/** Precedence of the specification: hostname, Exact, longest prefix, headers, age, place. Smaller wins. */
function rank(route: Route, { match }: Rule, index: number): readonly number[] {
  const host = route.host.startsWith('*.') ? 1000 - route.host.length : 0;
  return [host, match.type === 'Exact' ? 0 : 1, -match.path.length, match.header ? 0 : 1, route.created, index];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** Services of the rule that has to answer; undefined when nothing is asked to. */
export function answering(model: Model, asked: Asked): readonly string[] | undefined {
  const listening = model.listeners.some(
    ({ port, certificate, hostname }) =>
      port === asked.port &&
      (certificate !== undefined) === asked.tls &&
      (hostname === undefined || covers(hostname, asked.host)),
  );
  if (!listening) return undefined;
  const [first] = model.routes
    .filter((route) => covers(route.host, asked.host))
    .flatMap((route) => route.rules.map((rule, index) => ({ rule, rank: rank(route, rule, index) })))
    .filter(({ rule }) => matches(rule.match, asked))
    .sort((a, b) => compare(a.rank, b.rank));
  return first && servicesOf(first.rule);
}

function servicesOf({ backends }: Rule): readonly string[] {
  return backends.filter(({ weight }) => weight > 0).map(({ service }) => service);
}
