/** Request mirrors as DataScript lines: a copy is sent with `avi.requests` to a pool before the request goes on. */
import { luaString } from './lua.ts';

/** A copy of `numerator` of each `denominator` requests goes to the pool. */
export interface MirrorWork {
  readonly pool: string;
  readonly numerator: number;
  readonly denominator: number;
}

const table = luaString('avi-gateway-mirror');
/** Seconds that a counter is kept without requests. */
const counterLifetime = 86_400;

/** The longest request body that a script gets to see, in bytes. */
const longestBody = 32_768;

/**
 * Sends the copy, with the headers as the rule has changed them, but for those about the body's transfer. There are functions for four methods only, so requests
 * with others are not copied.
 */
const sendFunction: readonly string[] = [
  'local function send(pool, body)',
  '  local method = avi.http.method()',
  '  local uri = avi.http.get_uri(false)',
  '  local headers = {}',
  '  for name, value in pairs(avi.http.get_header()) do',
  '    local lower = string.lower(name)',
  '    local framing = lower == "content-length" or lower == "transfer-encoding" or lower == "expect"',
  '    if not framing then headers[name] = value end',
  '  end',
  '  local args = { headers = headers, body = body }',
  '  if method == "GET" then avi.requests.get(pool, uri, args)',
  '  elseif method == "HEAD" then avi.requests.head(pool, uri, args)',
  '  elseif method == "POST" then avi.requests.post(pool, uri, args)',
  '  elseif method == "PUT" then avi.requests.put(pool, uri, args)',
  '  end',
  'end',
];

/**
 * Functions that `mirrorLines` calls. The counters live in the Service Engine, since randomness is not documented there.
 * A request with a body is copied when the body is there; one that fills the buffer may be longer and is not copied.
 */
export const mirrorFunctions: readonly string[] = [
  ...sendFunction,
  'local function copy(pool)',
  '  local length = tonumber(avi.http.get_header("Content-Length") or "0")',
  '  if length == 0 and not avi.http.get_header("Transfer-Encoding") then',
  '    send(pool)',
  `  elseif length < ${longestBody} then`,
  `    avi.http.set_request_body_buffer_size(${longestBody})`,
  '    avi.vs.reqvar[pool] = true',
  '  end',
  'end',
  'local function copyShare(pool, counter, numerator, denominator)',
  `  local seen = tonumber(avi.vs.table_lookup(${table}, counter) or "0")`,
  `  avi.vs.table_remove(${table}, counter)`,
  `  avi.vs.table_insert(${table}, counter, tostring((seen + 1) % denominator), ${counterLifetime})`,
  '  if seen * numerator % denominator < numerator then copy(pool) end',
  'end',
];

/** The script of the event that has the request's body. */
export function mirrorDataLines(pools: readonly string[]): readonly string[] {
  if (pools.length === 0) return [];
  return [
    ...sendFunction,
    'local function copy(pool)',
    '  local body = avi.http.get_req_body()',
    `  if avi.vs.reqvar[pool] and body and string.len(body) < ${longestBody} then send(pool, body) end`,
    'end',
    ...pools.map((pool) => `pcall(copy, ${luaString(pool)})`),
  ];
}

/** `key` tells the counters of one rule from those of others. A copy that fails does not concern the client. */
export function mirrorLines(mirrors: readonly MirrorWork[], key: string): readonly string[] {
  return mirrors.map(({ pool, numerator, denominator }, index) => {
    if (numerator === denominator) return `pcall(copy, ${luaString(pool)})`;
    const counter = luaString(`${key}-${index}`);
    return `pcall(copyShare, ${luaString(pool)}, ${counter}, ${numerator}, ${denominator})`;
  });
}
