/**
 * VSDataScriptSet that chooses a TLSRoute by the name in the client's hello: exact before the longest wildcard, and no
 * narrower listener's name for a wider one's route. What no route asks for is closed.
 */
import { compareSpecificity, isWildcard, type Hostname } from '../routing/hostnames.ts';
import type { L4Listener } from '../routing/result.ts';
import type { AviObject } from './desired.ts';
import { hasTraffic, listenersOf, partOf } from './l4-parts.ts';
import { l4GroupName } from './l4-pools.ts';
import { indented, luaString } from './lua.ts';
import { markers } from './markers.ts';
import { createdBy, type L4Part } from './names.ts';
import { ref } from './refs.ts';
import { aviObject, type TranslateContext } from './translate-context.ts';

const close = 'avi.vs.close_conn()';

/** `part`: of the virtual service whose listeners these are. */
export function tlsScriptSet(
  context: TranslateContext,
  part: Exclude<L4Part, 'L4'>,
  listeners: readonly L4Listener[],
): AviObject {
  const { settings, gateway, routed } = context;
  const ports = listeners.map((listener) => [listener.port, choicesOf(context, listener)] as const);
  const groups = [...new Set(ports.flatMap(([, choices]) => choices.flatMap(({ group }) => group ?? [])))].sort();
  const choose = choiceLines(ports);
  const script = part === 'TLS' ? terminateLines(choose) : passthroughLines(choose);
  const body = {
    name: context.l4Name(part),
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    markers: markers({ clusterName: settings.clusterName, gateway }),
    datascript: [{ evt: 'VS_DATASCRIPT_EVT_L4_REQUEST', script: script.join('\n') }],
    ...(part === 'TLS-passthrough' && { protocol_parser_refs: [ref('protocolparser', 'Default-TLS')] }),
    ...(groups.length > 0 && { pool_group_refs: groups.map((group) => ref('poolgroup', group)) }),
  };
  return aviObject(context, 'vsdatascriptset', body);
}

/** Where a name leads; without a group its connections are closed. */
export interface Choice {
  readonly hostname: Hostname;
  readonly group?: string;
}

/** Most specific first, each name once: the oldest route's. */
export function choicesOf(context: TranslateContext, listener: L4Listener): readonly Choice[] {
  const byHostname = new Map<Hostname, Choice>();
  for (const route of listener.routes) {
    const group = hasTraffic(route) ? l4GroupName(context, { part: partOf(listener), route }) : undefined;
    for (const hostname of route.hostnames.length > 0 ? route.hostnames : [undefined]) {
      if (!byHostname.has(hostname)) byHostname.set(hostname, { hostname, ...(group !== undefined && { group }) });
    }
  }
  for (const { hostname } of listenersOf(context.routed, listener)) {
    if (!byHostname.has(hostname)) byHostname.set(hostname, { hostname });
  }
  return [...byHostname.values()].sort((a, b) => compareSpecificity(a.hostname, b.hostname));
}

/** The shipping pattern for passthrough: read the first record, and let the parser find the name. */
function passthroughLines(choose: readonly string[]): readonly string[] {
  return [
    'local avi_tls = require "Default-TLS"',
    'local buffered = avi.l4.collect(20)',
    'local payload = avi.l4.read()',
    'local needed = avi_tls.get_req_buffer_size(payload)',
    'if buffered < needed then',
    '  avi.l4.collect(needed)',
    '  payload = avi.l4.read()',
    'end',
    'if avi_tls.sanity_check(payload) then',
    '  local name = string.lower(avi_tls.get_sni(avi_tls.parse_record(payload)) or "")',
    ...indented(choose),
    'else',
    `  ${close}`,
    'end',
    'avi.l4.ds_done()',
  ];
}

function terminateLines(choose: readonly string[]): readonly string[] {
  return ['local name = string.lower(avi.ssl.server_name() or "")', ...choose, 'avi.l4.ds_done()'];
}

function choiceLines(ports: readonly (readonly [number, readonly Choice[]])[]): readonly string[] {
  return [
    'local port = tostring(avi.vs.port())',
    ...ports.flatMap(([port, choices], place) => [
      `${place === 0 ? 'if' : 'elseif'} port == ${luaString(String(port))} then`,
      ...indented(nameLines(choices)),
    ]),
    'else',
    `  ${close}`,
    'end',
  ];
}

function nameLines(choices: readonly Choice[]): readonly string[] {
  const every = choices.find(({ hostname }) => hostname === undefined);
  const named = choices.flatMap(({ hostname, group }) => (hostname === undefined ? [] : [{ hostname, group }]));
  const otherwise = answer(every?.group);
  if (named.length === 0) return [otherwise];
  return [
    ...named.flatMap(({ hostname, group }, place) => [
      `${place === 0 ? 'if' : 'elseif'} ${condition(hostname)} then`,
      `  ${answer(group)}`,
    ]),
    'else',
    `  ${otherwise}`,
    'end',
  ];
}

function condition(hostname: string): string {
  if (!isWildcard(hostname)) return `name == ${luaString(hostname)}`;
  const ending = hostname.slice(1);
  return `string.sub(name, -${ending.length}) == ${luaString(ending)}`;
}

function answer(group: string | undefined): string {
  return group === undefined ? close : `avi.poolgroup.select(${luaString(group)})`;
}
