/** Session persistence of a rule (GEP-1619, experimental channel; httproute_types.go, SessionPersistence). */
import { drop, value, type Read } from '../backends/dropped.ts';
import type { PersistenceSettings } from '../extensions/avi-settings.ts';
import { mergePoolSettings } from '../extensions/merged-settings.ts';
import { record, text } from '../../values/read.ts';
import type { RoutedBackend } from '../result/routed-backend.ts';
import { reasonOf } from '../support.ts';
import type { RuleManifest } from './matches.ts';
import { parseDuration } from './timeouts.ts';

const minute = 60_000;
/** Of Avi's cookie, in minutes. */
const longestTimeout = 14_400;
const token = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;

/** `path` is that of the rule. The generated types do not have the field: the standard channel does not serve it. */
export function readSessionPersistence(rule: RuleManifest, path: string): Read<PersistenceSettings | undefined> {
  const field = record(rule)['sessionPersistence'];
  if (field == null) return value(undefined);
  const where = `${path}.sessionPersistence`;
  const { type = 'Cookie', sessionName, absoluteTimeout, idleTimeout, cookieConfig } = record(field);
  if (idleTimeout != null) return drop(`${where}.idleTimeout`, reasonOf('sessionIdleTimeout'));
  const name = text(sessionName);
  if (name !== undefined && !token.test(name)) return drop(`${where}.sessionName`, 'is not a token of HTTP');
  if (type === 'Header') {
    if (name === undefined) return drop(`${where}.sessionName`, 'must name the header');
    if (absoluteTimeout != null) return drop(`${where}.absoluteTimeout`, reasonOf('sessionHeaderTimeout'));
    return value({ by: 'header', name });
  }
  if (type !== 'Cookie') return drop(`${where}.type`, reasonOf('unknownValue'));
  const timeout = readMinutes(absoluteTimeout, `${where}.absoluteTimeout`);
  if ('dropped' in timeout) return timeout;
  const persistent = record(cookieConfig)['lifetimeType'] === 'Permanent';
  if (persistent && timeout.value === undefined)
    return drop(`${where}.absoluteTimeout`, 'must be set for a cookie whose lifetimeType is Permanent');
  return value({
    by: 'cookie',
    ...(name !== undefined && { name }),
    ...(timeout.value !== undefined && { timeoutMinutes: timeout.value }),
    ...(persistent && { persistent }),
  });
}

/** Whole minutes, as Avi has them; a part of one is left out, so that no session outlives its timeout. */
function readMinutes(given: unknown, path: string): Read<number | undefined> {
  if (given == null) return value(undefined);
  const parsed = parseDuration(text(given) ?? '');
  if (parsed === undefined) return drop(path, 'is not a duration such as 10s or 1m30s');
  const minutes = Math.floor(parsed / minute);
  if (minutes < 1 || minutes > longestTimeout) return drop(path, reasonOf('sessionTimeout'));
  return value(minutes);
}

/** What the rule says goes before what its ExtensionRefs and policies say. */
export function withSession<T extends { readonly backend: RoutedBackend }>(
  read: T,
  session: PersistenceSettings | undefined,
): T {
  if (!session) return read;
  const settings = mergePoolSettings([{ persistence: { profile: session } }, read.backend.settings ?? {}]);
  return { ...read, backend: { ...read.backend, settings } };
}
