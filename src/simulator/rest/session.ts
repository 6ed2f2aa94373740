import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';

/** A logged-in client. */
export interface Session {
  readonly id: string;
  readonly csrfToken: string;
  readonly username: string;
  lastUsed: number;
}

/** A user token (`/api/user-token`); `expires` in ms since the epoch. */
export interface UserToken {
  readonly uuid: string;
  readonly token: string;
  readonly hours: number;
  readonly expires: number;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Sessions and tokens of the one user. */
export interface Sessions {
  login(credentials: {
    readonly username?: string;
    readonly password?: string;
    readonly token?: string;
  }): Session | undefined;
  checkPassword(username: string, password: string): boolean;
  /** The session that a Cookie header names. */
  find(cookies: ReadonlyMap<string, string>): Session | undefined;
  logout(session: Session): void;
  expireAll(): void;
  readonly count: number;
  createToken(hours: number): UserToken;
  tokens(): readonly UserToken[];
  deleteToken(uuid: string): boolean;
}

/** Names of the session cookie; clients use either (avi-model.md 4.1). */
export const sessionCookies = ['avi-sessionid', 'sessionid'] as const;

/** Creates the sessions of a controller. */
export function createSessions(user: Credentials, idleMs: number, now: () => number = Date.now): Sessions {
  const sessions = new Map<string, Session>();
  const tokens = new Map<string, UserToken>();

  const checkPassword = (username: string, password: string): boolean =>
    same(username, user.username) && same(password, user.password);

  function tokenValid(username: string, token: string): boolean {
    return (
      same(username, user.username) &&
      [...tokens.values()].some((entry) => entry.expires > now() && same(entry.token, token))
    );
  }

  return {
    checkPassword,
    login({ username = '', password, token }) {
      const valid = token === undefined ? checkPassword(username, password ?? '') : tokenValid(username, token);
      if (!valid) return undefined;
      const session = {
        id: randomBytes(16).toString('hex'),
        csrfToken: randomBytes(16).toString('hex'),
        username,
        lastUsed: now(),
      };
      sessions.set(session.id, session);
      return session;
    },
    find(cookies) {
      const id = sessionCookies.map((name) => cookies.get(name)).find((value) => value !== undefined);
      const session = sessions.get(id ?? '');
      if (!session) return undefined;
      if (now() - session.lastUsed > idleMs) {
        sessions.delete(session.id);
        return undefined;
      }
      session.lastUsed = now();
      return session;
    },
    logout: (session) => void sessions.delete(session.id),
    expireAll: () => sessions.clear(),
    get count() {
      return sessions.size;
    },
    createToken(hours) {
      const token = {
        uuid: `usertoken-${randomUUID()}`,
        token: randomBytes(20).toString('hex'),
        hours,
        expires: now() + hours * 3_600_000,
      };
      tokens.set(token.uuid, token);
      return token;
    },
    tokens: () => [...tokens.values()],
    deleteToken: (uuid) => tokens.delete(uuid),
  };
}

/** Cookies of a Cookie header. Clients send old and new values of one name: the last wins. */
export function parseCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (header ?? '').split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0)
      cookies.set(
        part.slice(0, equals).trim(),
        part
          .slice(equals + 1)
          .trim()
          .replace(/^"|"$/g, ''),
      );
  }
  return cookies;
}

/** The session cookies that every authenticated reply sends again. */
export function sessionCookieHeaders(session: Session, secure: boolean): readonly string[] {
  const flags = `; Path=/; HttpOnly; Max-Age=86400${secure ? '; Secure' : ''}`;
  return sessionCookies.map((name) => `${name}=${session.id}${flags}`);
}

/** The cookies of a login reply. */
export function loginCookieHeaders(session: Session, secure: boolean): readonly string[] {
  const csrf = `csrftoken=${session.csrfToken}; Path=/; Max-Age=31449600${secure ? '; Secure' : ''}`;
  return [csrf, ...sessionCookieHeaders(session, secure)];
}

function same(left: string, right: string): boolean {
  const [first, second] = [Buffer.from(left), Buffer.from(right)];
  return first.length === second.length && timingSafeEqual(first, second);
}
