import { ApiError, refuse } from '../store/errors.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Session, Sessions } from './session.ts';
import { parseCookies } from './session.ts';

/** Request headers by lower-case name. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** One value of a header. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

/** The plain-text 401 of a failed CSRF or Referer check (avi-model.md 4.1). */
export const csrfFailure = 'CSRF token missing or incorrect.';

/**
 * The session of a call, with CSRF token and Referer checked on methods that change something.
 * @throws ApiError 401
 */
export function authenticate(sessions: Sessions, method: string, headers: Headers, origin: string): Session {
  const cookies = parseCookies(headerOf(headers, 'cookie'));
  const session = sessions.find(cookies);
  if (!session) throw refuse(401, 'Authentication credentials were not provided or the session has expired.');
  if (safeMethods.has(method)) return session;
  const token = headerOf(headers, 'x-csrftoken');
  const tokenValid = token === session.csrfToken && cookies.get('csrftoken') === token;
  if (!tokenValid || originOf(headerOf(headers, 'referer')) !== originOf(origin))
    throw new ApiError(401, { text: csrfFailure });
  return session;
}

/** Whether an Authorization header has the user's name and password. */
export function basicAuthorized(sessions: Sessions, headers: Headers): boolean {
  const match = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(headerOf(headers, 'authorization') ?? '');
  if (!match?.[1]) return false;
  const decoded = Buffer.from(match[1], 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon > 0 && sessions.checkPassword(decoded.slice(0, colon), decoded.slice(colon + 1));
}

/**
 * The tenant of a call: X-Avi-Tenant by name, `*` for all, or X-Avi-Tenant-UUID. Default admin.
 * @throws ApiError 403 "Tenant 'x' does not exist!"
 */
export function tenantOf(store: ObjectStore, headers: Headers): string {
  const uuid = headerOf(headers, 'x-avi-tenant-uuid');
  const name = headerOf(headers, 'x-avi-tenant');
  if (name === undefined && uuid !== undefined) {
    if (uuid === '*') return '*';
    const tenant = store.get('tenant', uuid);
    if (!tenant) throw refuse(403, `Tenant '${uuid}' does not exist!`);
    return tenant.name;
  }
  if (name === undefined || name === '*') return name ?? 'admin';
  if (store.named('tenant', name).length === 0) throw refuse(403, `Tenant '${name}' does not exist!`);
  return name;
}

function originOf(url: string | undefined): string | undefined {
  try {
    return url === undefined ? undefined : new URL(url).origin;
  } catch {
    return undefined;
  }
}
