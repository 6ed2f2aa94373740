/** Cross-origin policies (httproute_types.go, HTTPCORSFilter). */
import { drop, value, type Read } from '../backends/dropped.ts';
import { headerNameProblem } from './header-syntax.ts';
import { methods, type RuleManifest } from './matches.ts';
import { integer, list, text } from '../../values/read.ts';
import type { Cors } from '../result/routed-filters.ts';
import { reasonOf } from '../support.ts';

type Manifest = NonNullable<NonNullable<RuleManifest['filters']>[number]['cors']>;

const origin = /^(https?):\/\/((?:\*\.)?(?:[a-z0-9-]+\.)*[a-z0-9-]+|\*)(?::([0-9]{1,5}))?$/;
const defaultPorts: Readonly<Record<string, string>> = { http: '80', https: '443' };
/** "When the MaxAge field is unspecified, the gateway sets … 5 by default." */
const defaultMaxAge = 5;
const longestOrigin = 253;
const mostEntries = 64;

/** `path` is that of the filter, as `spec.rules[0].filters[1]`. */
export function readCors(manifest: Manifest | undefined, path: string): Read<Cors> {
  const where = `${path}.cors`;
  if (manifest == null) return drop(where, 'must be given for a filter of this type');
  const allowOrigins = readList(manifest.allowOrigins, `${where}.allowOrigins`, readOrigin);
  if ('dropped' in allowOrigins) return allowOrigins;
  const allowMethods = readList(manifest.allowMethods, `${where}.allowMethods`, readMethod);
  if ('dropped' in allowMethods) return allowMethods;
  const allowHeaders = readList(manifest.allowHeaders, `${where}.allowHeaders`, readHeaderName);
  if ('dropped' in allowHeaders) return allowHeaders;
  const exposeHeaders = readList(manifest.exposeHeaders, `${where}.exposeHeaders`, readHeaderName);
  if ('dropped' in exposeHeaders) return exposeHeaders;
  for (const [field, entries] of Object.entries({ allowOrigins, allowMethods, allowHeaders })) {
    if (entries.value.includes('*') && entries.value.length > 1) {
      return drop(`${where}.${field}`, 'must not contain * beside other entries');
    }
  }
  const maxAge = manifest.maxAge == null ? defaultMaxAge : integer(manifest.maxAge);
  if (maxAge === undefined || maxAge < 1) return drop(`${where}.maxAge`, 'must be at least 1 second');
  return value({
    allowOrigins: allowOrigins.value,
    allowMethods: allowMethods.value,
    allowHeaders: allowHeaders.value,
    exposeHeaders: exposeHeaders.value,
    allowCredentials: manifest.allowCredentials === true,
    maxAge,
  });
}

function readList(
  manifests: readonly string[] | undefined,
  path: string,
  read: (given: string, path: string) => Read<string>,
): Read<readonly string[]> {
  const entries = new Set<string>();
  for (const [index, manifest] of list(manifests).entries()) {
    const entry = read(text(manifest) ?? '', `${path}[${index}]`);
    if ('dropped' in entry) return entry;
    entries.add(entry.value);
  }
  if (entries.size > mostEntries) return drop(path, `must not have more than ${mostEntries} entries`);
  return value([...entries]);
}

/** "If not included, port 80 is assumed for http scheme origins, and port 443 … for https origins." */
function readOrigin(given: string, path: string): Read<string> {
  if (given === '*') return value(given);
  const [, scheme = '', host = '', port] = origin.exec(given.slice(0, longestOrigin + 1).toLowerCase()) ?? [];
  if (host === '' || given.length > longestOrigin) {
    return drop(path, 'is not an origin such as https://www.example.com, https://*.example.com or *');
  }
  const suffix = port === undefined || port === defaultPorts[scheme] ? '' : `:${port}`;
  return value(`${scheme}://${host}${suffix}`);
}

function readMethod(given: string, path: string): Read<string> {
  return given === '*' || methods.includes(given) ? value(given) : drop(path, reasonOf('unknownValue'));
}

function readHeaderName(given: string, path: string): Read<string> {
  const problem = headerNameProblem(given);
  return problem ? drop(path, problem) : value(given);
}
