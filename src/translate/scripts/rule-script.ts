/**
 * What rules do that policies cannot, by DataScripts. In an ordered list the request rule that matched marks the request
 * with an internal header and switches to its pool group; the script reads and removes the mark before the request
 * leaves, and does the rule's work. On a plain child every request is the rule's own, and no mark is needed. Response
 * modifiers of an ordered list are such work too, since Avi's response rules do not end at the first match.
 */
import { hash } from 'node:crypto';
import { compareText } from '../../values/read.ts';
import type { Cors, HeaderModifier } from '../../routing/result/routed-filters.ts';
import { corsRequestLines, corsResponseLines } from './cors-script.ts';
import type { JsonObject } from '../desired.ts';
import { branches, indented, luaString, modifierLines, removeHeader } from './lua.ts';
import { mirrorDataLines, mirrorFunctions, mirrorLines, type MirrorWork } from './mirror-script.ts';
import type { Action } from '../policies/policy-entry.ts';
import { redirectLines, redirectWork, type RedirectWork } from './redirect-script.ts';
import { headerAction } from '../policies/rule-actions.ts';
import { hasPoolGroup, usedBackends } from '../policies/rule-backends.ts';
import type { TranslateContext } from '../translate-context.ts';

/** Every rule of a marked list sets or removes it, so that a client's own value never survives. */
const markHeader = 'X-Avi-Gateway-Rule';
const markVariable = 'avi.vs.reqvar.avi_gateway_rule';
const poolVariable = 'avi.vs.reqvar.avi_gateway_pool';

/** What a script does for the requests of one rule. */
export interface RuleWork {
  readonly response?: HeaderModifier;
  readonly cors?: Cors;
  readonly mirrors?: readonly MirrorWork[];
  readonly redirect?: RedirectWork;
  /** Changes of the request that depend on the pool that it goes to. */
  readonly backends?: readonly { readonly pool: string; readonly requestHeaders: HeaderModifier }[];
}

/** Work by the mark of the rule, in the order of the marks. */
export type WorkTable = ReadonlyMap<string, RuleWork>;

/** The work of the rules in an ordered list; empty when no script is needed. */
export function workTable(context: TranslateContext, actions: readonly (Action | undefined)[]): WorkTable {
  const table = new Map<string, RuleWork>();
  for (const action of actions) {
    const work = action && orderedWork(context, action);
    if (work) table.set(markOf(work), work);
  }
  return new Map([...table].sort(([a], [b]) => compareText(a, b)));
}

/** The header action that marks a request for the script, or removes what a client sent under the name. */
export function markAction(context: TranslateContext, action: Action): JsonObject {
  const work = orderedWork(context, action);
  return work
    ? headerAction('HTTP_REPLACE_HDR', markHeader, markOf(work))
    : headerAction('HTTP_REMOVE_HDR', markHeader);
}

/** The response modifier of a rule that forwards; undefined when there is nothing to modify. */
export function responseModifier({ rule: { rule } }: Action): HeaderModifier | undefined {
  const modifier = rule.action === 'forward' ? rule.responseHeaders : undefined;
  return modifier && modifier.set.length + modifier.add.length + modifier.remove.length > 0 ? modifier : undefined;
}

/** What a plain child needs a script for; response modifiers are a policy there. */
export function plainWork(context: TranslateContext, action: Action): RuleWork | undefined {
  const { rule } = action.rule;
  if (!hasPoolGroup(rule)) return undefined;
  const { cors, redirect } = rule;
  const mirrors = rule.mirrors?.map(({ backend, numerator, denominator }) => ({
    pool: context.poolName(action.rule, backend),
    numerator,
    denominator,
  }));
  const apart = rule.backends.some(({ requestHeaders }) => requestHeaders) ? usedBackends(rule) : [];
  const backends = apart.flatMap((backend) =>
    backend.requestHeaders
      ? [{ pool: context.poolName(action.rule, backend), requestHeaders: backend.requestHeaders }]
      : [],
  );
  const work: RuleWork = {
    ...(cors && { cors }),
    ...(mirrors && { mirrors }),
    ...(redirect && action.redirect && { redirect: redirectWork(redirect, action.redirect, action.prefixSegments) }),
    ...(backends.length > 0 && { backends }),
  };
  return Object.keys(work).length > 0 ? work : undefined;
}

/** Scripts of an ordered list, in the order of the events. */
export function orderedScripts(table: WorkTable): readonly JsonObject[] {
  const works = [...table];
  const request = [
    ...sharedFunctions([...table.values()]),
    `local mark = avi.http.get_header(${luaString(markHeader)})`,
    'if mark then',
    `  ${removeHeader(markHeader)}`,
    `  ${markVariable} = mark`,
    'end',
    ...branches(
      'mark',
      casesOf(works, ([mark, work]) => requestLines(work, mark)),
    ),
  ];
  const responses = casesOf(works, ([, work]) => responseLines(work));
  const response = [`local mark = ${markVariable}`, ...branches('mark', responses)];
  return scripts(request, [...table.values()], responses.length > 0 ? response : []);
}

/** Scripts of a plain child. */
export function plainScripts(work: RuleWork): readonly JsonObject[] {
  const request = [...sharedFunctions([work]), ...requestLines(work, markOf(work))];
  return scripts(request, [work], responseLines(work));
}

/** Names of the pools that scripts send to: a set must refer to them. */
export function scriptPools(works: Iterable<RuleWork>): readonly string[] {
  const pools = [...works].flatMap(({ mirrors = [] }) => mirrors.map(({ pool }) => pool));
  return [...new Set(pools)].sort(compareText);
}

function orderedWork(context: TranslateContext, action: Action): RuleWork | undefined {
  const response = responseModifier(action);
  const work = plainWork(context, action);
  return response ? { ...work, response } : work;
}

function scripts(
  request: readonly string[],
  works: readonly RuleWork[],
  response: readonly string[],
): readonly JsonObject[] {
  const events = {
    VS_DATASCRIPT_EVT_HTTP_REQ: request,
    VS_DATASCRIPT_EVT_HTTP_REQ_DATA: mirrorDataLines(scriptPools(works)),
    VS_DATASCRIPT_EVT_HTTP_LB_DONE: chosenPoolLines(works),
    VS_DATASCRIPT_EVT_HTTP_RESP: response,
  };
  return Object.entries(events).flatMap(([evt, lines]) =>
    lines.length > 0 ? [{ evt, script: lines.join('\n') }] : [],
  );
}

function casesOf(
  works: readonly (readonly [string, RuleWork])[],
  lines: (entry: readonly [string, RuleWork]) => readonly string[],
): readonly (readonly [string, readonly string[]])[] {
  return works.map((entry) => [entry[0], lines(entry)] as const).filter(([, body]) => body.length > 0);
}

function sharedFunctions(works: readonly RuleWork[]): readonly string[] {
  return works.some(({ mirrors }) => mirrors) ? mirrorFunctions : [];
}

function requestLines({ cors, mirrors = [], redirect }: RuleWork, key: string): readonly string[] {
  const others = [...mirrorLines(mirrors, key), ...(redirect ? redirectLines(redirect, cors) : [])];
  return cors ? corsRequestLines(cors, others) : others;
}

/** Avi chooses the pool by the weights; should it choose again after a failure, nothing is changed twice. */
function chosenPoolLines(works: readonly RuleWork[]): readonly string[] {
  const cases = works
    .flatMap(({ backends = [] }) => backends)
    .map(({ pool, requestHeaders }) => [pool, modifierLines(requestHeaders)] as const)
    .sort(([a], [b]) => compareText(a, b));
  if (cases.length === 0) return [];
  return [
    'local pool = avi.pool.name()',
    `if ${poolVariable} ~= pool then`,
    `  ${poolVariable} = pool`,
    ...indented(branches('pool', cases)),
    'end',
  ];
}

/** Modifiers come last, as they do on a plain child, where they are a policy. */
function responseLines({ cors, response }: RuleWork): readonly string[] {
  return [...(cors ? corsResponseLines(cors) : []), ...(response ? modifierLines(response) : [])];
}

/** Named after the content: a request marked before a change meets either the same work in the script or none. */
function markOf(work: RuleWork): string {
  return hash('sha256', JSON.stringify(work)).slice(0, 16);
}
