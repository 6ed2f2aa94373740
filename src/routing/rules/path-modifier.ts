/** Redirects and rewrites (httproute_types.go, HTTPRequestRedirectFilter, HTTPURLRewriteFilter, HTTPPathModifier). */
import { drop, value, type Read } from '../backends/dropped.ts';
import { hasControlCharacter } from './header-syntax.ts';
import { isPreciseHostname, normalizeHostname } from '../../values/hostnames.ts';
import { portNumber, text } from '../../values/read.ts';
import type { PathModifier, Redirect, Rewrite } from '../result/routed-filters.ts';
import type { RuleMatch } from '../result/routed-match.ts';
import { reasonOf } from '../support.ts';
import type { RuleManifest } from './matches.ts';

type FilterManifest = NonNullable<RuleManifest['filters']>[number];
type PathManifest = NonNullable<FilterManifest['urlRewrite']>['path'];

const longestPath = 1024;
const redirectCodes = [301, 302, 303, 307];

/** `path` is that of the filter, as `spec.rules[0].filters[1]`. */
export function readRedirect(filter: FilterManifest, path: string, matches: readonly RuleMatch[]): Read<Redirect> {
  const where = `${path}.requestRedirect`;
  const manifest = filter.requestRedirect;
  if (manifest == null) return drop(where, 'must be given for a filter of this type');
  const scheme: string | undefined = manifest.scheme;
  if (scheme != null && scheme !== 'http' && scheme !== 'https')
    return drop(`${where}.scheme`, 'must be http or https');
  const hostname = readHostname(manifest.hostname, `${where}.hostname`);
  if ('dropped' in hostname) return hostname;
  const modifier = readPathModifier(manifest.path, `${where}.path`, matches);
  if ('dropped' in modifier) return modifier;
  const port = manifest.port == null ? undefined : portNumber(manifest.port);
  if (manifest.port != null && port === undefined) return drop(`${where}.port`, 'must be from 1 to 65535');
  const statusCode: number = manifest.statusCode ?? 302;
  if (!redirectCodes.includes(statusCode)) return drop(`${where}.statusCode`, redirectCodeReason(statusCode));
  return value({
    ...(scheme == null ? {} : { scheme }),
    ...(hostname.value === undefined ? {} : { hostname: hostname.value }),
    ...(modifier.value === undefined ? {} : { path: modifier.value }),
    ...(port === undefined ? {} : { port }),
    statusCode,
  });
}

/** `path` is that of the filter, as `spec.rules[0].filters[1]`. */
export function readRewrite(filter: FilterManifest, path: string, matches: readonly RuleMatch[]): Read<Rewrite> {
  const where = `${path}.urlRewrite`;
  const manifest = filter.urlRewrite;
  if (manifest == null) return drop(where, 'must be given for a filter of this type');
  const hostname = readHostname(manifest.hostname, `${where}.hostname`);
  if ('dropped' in hostname) return hostname;
  const modifier = readPathModifier(manifest.path, `${where}.path`, matches);
  if ('dropped' in modifier) return modifier;
  return value({
    ...(hostname.value === undefined ? {} : { hostname: hostname.value }),
    ...(modifier.value === undefined ? {} : { path: modifier.value }),
  });
}

function redirectCodeReason(statusCode: number): string {
  return reasonOf(statusCode === 308 ? 'redirect308' : 'unknownValue');
}

function readHostname(manifest: unknown, path: string): Read<string | undefined> {
  if (manifest == null) return value(undefined);
  const hostname = normalizeHostname(text(manifest));
  if (hostname === undefined || !isPreciseHostname(hostname)) return drop(path, 'is not a hostname');
  return value(hostname);
}

function readPathModifier(
  manifest: PathManifest,
  path: string,
  matches: readonly RuleMatch[],
): Read<PathModifier | undefined> {
  if (manifest == null) return value(undefined);
  const { type } = manifest;
  if (type !== 'ReplaceFullPath' && type !== 'ReplacePrefixMatch')
    return drop(`${path}.type`, reasonOf('unknownValue'));
  const field = type === 'ReplaceFullPath' ? 'replaceFullPath' : 'replacePrefixMatch';
  const given = text(manifest[field]);
  if (given === undefined) return drop(`${path}.${field}`, `must be given with type ${type}`);
  const problem = replacementProblem(given);
  if (problem) return drop(`${path}.${field}`, problem);
  if (type === 'ReplacePrefixMatch' && (matches.length !== 1 || matches[0]?.path.type !== 'PathPrefix')) {
    return drop(`${path}.type`, 'ReplacePrefixMatch needs exactly one match in the rule, of type PathPrefix');
  }
  return value({ type, value: given });
}

/** A replacement is a path: it cannot open a query or a fragment, nor end the header that it is put into. */
export function replacementProblem(replacement: string): string | undefined {
  if (replacement.length > longestPath) return `must not be longer than ${longestPath} characters`;
  if (hasControlCharacter(replacement) || /[\s?#]/.test(replacement)) {
    return 'must not contain blanks, control characters, ? or #';
  }
  return undefined;
}
