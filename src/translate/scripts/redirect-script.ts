/** Redirects as DataScript lines, for what Avi's redirect action does not do. */
import { normalizePrefix } from '../../routing/routes/precedence.ts';
import type { Cors, PathModifier, Redirect } from '../../routing/result/routed-filters.ts';
import { corsAnswerLines } from './cors-script.ts';
import { luaString } from './lua.ts';
import type { RedirectTarget } from '../policies/policy-entry.ts';

/** Where a redirect leads; the port is always given. */
export interface RedirectWork extends RedirectTarget {
  readonly statusCode: number;
  readonly hostname?: string;
  readonly path?: PathModifier;
  /** Path segments that ReplacePrefixMatch cuts off. */
  readonly prefixSegments: number;
}

/** The work of a redirect that came to a listener with this target. */
export function redirectWork(redirect: Redirect, target: RedirectTarget, prefixSegments: number): RedirectWork {
  const { statusCode, hostname, path } = redirect;
  return { ...target, statusCode, prefixSegments, ...(hostname && { hostname }), ...(path && { path }) };
}

/** With `cors` the answer has its headers too; `allow` is then the origin that is allowed. */
export function redirectLines(work: RedirectWork, cors: Cors | undefined): readonly string[] {
  const { protocol, hostname, port, statusCode } = work;
  const scheme = protocol.toLowerCase();
  const isDefault = port === (protocol === 'HTTPS' ? 443 : 80);
  const host = hostname ? luaString(hostname) : 'avi.http.hostname()';
  return [
    'local uri = avi.http.get_uri(false)',
    'local question = string.find(uri, "?", 1, true)',
    'local query = question and string.sub(uri, question) or ""',
    ...pathLines(work),
    'local headers = {}',
    `headers["Location"] = "${scheme}://" .. ${host} .. ${isDefault ? '' : `":${port}" .. `}path .. query`,
    ...(cors ? corsAnswerLines(cors) : []),
    `avi.http.response(${statusCode}, headers)`,
  ];
}

/** The same arithmetic as that of Avi's path tokens: whole segments make way for the replacement. */
function pathLines({ path, prefixSegments }: RedirectWork): readonly string[] {
  if (path?.type === 'ReplaceFullPath') return [`local path = ${luaString(encoded(`/${withoutSlash(path.value)}`))}`];
  const whole = 'local path = question and string.sub(uri, 1, question - 1) or uri';
  if (!path) return [whole];
  const replacement = withoutSlash(normalizePrefix(path.value));
  return [
    whole,
    'local at = 1',
    `for _ = 1, ${prefixSegments} do at = at and string.find(path, "/", at + 1, true) end`,
    ...(replacement
      ? [`path = ${luaString(encoded(`/${replacement}`))} .. (at and string.sub(path, at) or "")`]
      : ['path = at and string.sub(path, at) or "/"']),
  ];
}

function withoutSlash(path: string): string {
  return path.startsWith('/') ? path.slice(1) : path;
}

/** What a header cannot hold as it is. */
function encoded(path: string): string {
  return path.toWellFormed().replace(/[^\x21-\x7e]/gu, encodeURIComponent);
}
