/**
 * VSDataScriptSets of TLSRoutes: the name that the client asks for chooses, exact before the longest wildcard, and no
 * narrower listener's name for a wider one's route. What no route asks for is closed.
 */
import { isWildcard } from '../../values/hostnames.ts';
import type { L4Listener } from '../../routing/result/routed-route.ts';
import type { AviObject } from '../desired.ts';
import { choicesOf, groupsOf, type Choice } from '../virtual-services/tls-choices.ts';
import { branches, indented, luaString } from './lua.ts';
import type { L4Part } from '../naming/names.ts';
import { ref } from '../naming/refs.ts';
import { shareLine } from './share-script.ts';
import { aviObject, bodyHead, type TranslateContext } from '../translate-context.ts';

const close = 'avi.vs.close_conn()';
/** Content type of a record, and the most that one has with its header, bytes (RFC 8446 section 5.1). */
const handshake = 22;
const longestRecord = 5 + 2 ** 14;

/** What an event's script does with the choice of the client's name; undefined: no route asks for it. */
type Answer = (choice: Choice | undefined) => readonly string[];

/**
 * The set of the virtual service that serves these listeners.
 * @returns undefined where every name leads to the port's one pool group
 */
export function tlsScriptSet(
  context: TranslateContext,
  part: Exclude<L4Part, 'L4'>,
  listeners: readonly L4Listener[],
): AviObject | undefined {
  const ports = listeners.map((listener) => [listener.port, choicesOf(context, listener)] as const);
  const gated = part === 'TLS' && leadToOneGroup(context, listeners);
  if (gated && ports.every(([, choices]) => isOpen(choices))) return undefined;
  const groups = gated ? [] : [...new Set(ports.flatMap(([, choices]) => groupsOf(choices)))].sort();
  const body = {
    // Two sets: the virtual service changes from one to the other with its policy, at once.
    ...bodyHead(context, context.l4Name(gated ? 'TLS-gate' : part)),
    datascript: [gated ? gate(ports) : choice(part, ports)],
    ...(part === 'TLS-passthrough' && { protocol_parser_refs: [ref('protocolparser', 'Default-TLS')] }),
    ...(groups.length > 0 && { pool_group_refs: groups.map((group) => ref('poolgroup', group)) }),
  };
  return aviObject(context, 'vsdatascriptset', body);
}

/**
 * Whether the L4 policy can choose by port alone. Then servers may speak first; a choice by name waits for the client's
 * first bytes.
 */
export function leadToOneGroup(context: TranslateContext, listeners: readonly L4Listener[]): boolean {
  return listeners.every((listener) => groupsOf(choicesOf(context, listener)).length <= 1);
}

/** Every connection of the port goes to a pool group. */
function isOpen(choices: readonly Choice[]): boolean {
  return choices.every(
    ({ hostname, group, refused }) => hostname === undefined && group !== undefined && refused === 0,
  );
}

type Ports = readonly (readonly [port: number, choices: readonly Choice[]])[];

/** Closes at the end of the handshake what asks for another name. */
function gate(ports: Ports): { readonly evt: string; readonly script: string } {
  const answer: Answer = (chosen) => {
    if (chosen?.group === undefined) return [];
    return [chosen.refused > 0 ? `allowed = share >= ${chosen.refused}` : 'allowed = true'];
  };
  const lines = [
    serverName,
    'local allowed = false',
    ...portLines(ports, answer, []),
    'if not allowed then',
    `  ${close}`,
    'end',
  ];
  return { evt: 'VS_DATASCRIPT_EVT_SSL_HANDSHAKE_DONE', script: lines.join('\n') };
}

function choice(part: L4Part, ports: Ports): { readonly evt: string; readonly script: string } {
  const answer: Answer = (chosen) => {
    if (chosen?.group === undefined) return [close];
    const select = `avi.poolgroup.select(${luaString(chosen.group)})`;
    if (chosen.refused === 0) return [select];
    return [`if share < ${chosen.refused} then`, `  ${close}`, 'else', `  ${select}`, 'end'];
  };
  const choose = portLines(ports, answer, [close]);
  const lines = part === 'TLS' ? [serverName, ...choose, 'avi.l4.ds_done()'] : passthroughLines(choose);
  return { evt: 'VS_DATASCRIPT_EVT_L4_REQUEST', script: lines.join('\n') };
}

const serverName = 'local name = string.lower(avi.ssl.server_name() or "")';

/**
 * The shipping pattern for passthrough: read the first record, and let the parser find the name. What does not begin with
 * a handshake, or claims to be longer than records are, is not waited for.
 *
 * @param choose lines that select a pool group by `name`, which is in lower case, or close the connection.
 */
export function passthroughLines(choose: readonly string[]): readonly string[] {
  return [
    'local avi_tls = require "Default-TLS"',
    'local buffered = avi.l4.collect(20)',
    'local payload = avi.l4.read()',
    `local needed = string.byte(payload, 1) == ${handshake} and avi_tls.get_req_buffer_size(payload) or 0`,
    `if buffered < needed and needed <= ${longestRecord} then`,
    '  avi.l4.collect(needed)',
    '  payload = avi.l4.read()',
    'end',
    `if needed > 0 and needed <= ${longestRecord} and avi_tls.sanity_check(payload) then`,
    '  local name = string.lower(avi_tls.get_sni(avi_tls.parse_record(payload)) or "")',
    ...indented(choose),
    'else',
    `  ${close}`,
    'end',
    'avi.l4.ds_done()',
  ];
}

/** `otherwise`: for a port that is none of these. */
function portLines(ports: Ports, answer: Answer, otherwise: readonly string[]): readonly string[] {
  const cases = ports.map(([port, choices]) => [String(port), nameLines(choices, answer)] as const);
  return [
    ...(ports.some(([, choices]) => choices.some(({ refused }) => refused > 0)) ? [shareLine] : []),
    'local port = tostring(avi.vs.port())',
    ...branches('port', cases).slice(0, -1),
    ...(otherwise.length > 0 ? ['else', ...indented(otherwise)] : []),
    'end',
  ];
}

function nameLines(choices: readonly Choice[], answer: Answer): readonly string[] {
  const otherwise = answer(choices.find(({ hostname }) => hostname === undefined));
  if (groupsOf(choices).length === 0) return otherwise;
  const named = choices.flatMap((one) => (one.hostname === undefined ? [] : [[one.hostname, one] as const]));
  if (named.length === 0) return otherwise;
  return [
    ...named.flatMap(([hostname, chosen], place) => [
      `${place === 0 ? 'if' : 'elseif'} ${condition(hostname)} then`,
      ...indented(answer(chosen)),
    ]),
    ...(otherwise.length > 0 ? ['else', ...indented(otherwise)] : []),
    'end',
  ];
}

function condition(hostname: string): string {
  if (!isWildcard(hostname)) return `name == ${luaString(hostname)}`;
  const ending = hostname.slice(1);
  return `string.sub(name, -${ending.length}) == ${luaString(ending)}`;
}
