/**
 * The login at the controller: cookies, CSRF token and Referer of each call, one shared re-login when the session ends,
 * and the next address of the cluster when one cannot be reached (avi-model.md section 4.1).
 */
import { CookieJar } from 'tough-cookie';
import { AviError, detailOf, kindOf } from './errors.ts';
import { TransportError, type HttpReply, type Transport } from './transport.ts';

/** A password or a user token. */
export interface Credentials {
  readonly username: string;
  readonly password?: string;
  readonly token?: string;
}

export interface SessionOptions {
  /** `host`, `host:port` or a URL; several are the nodes of one controller cluster, tried in order. */
  readonly addresses: readonly string[];
  /** Asked at each login, so that changed credentials need no restart. */
  readonly credentials: () => Credentials | Promise<Credentials>;
  readonly transport: Transport;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** One login. `generation` tells a caller's session from the one after it. */
export interface Login {
  readonly base: string;
  readonly generation: number;
  /** Version of the controller, as `30.2.1`; absent when the login reply names none. */
  readonly version?: string;
  /** Headers that every call carries. */
  headers(): Readonly<Record<string, string>>;
  /** Takes the cookies of a reply over. */
  keep(reply: HttpReply): void;
}

export interface Session {
  /** The current login; logs in when there is none. Callers at the same time share one login. */
  login(): Promise<Login>;
  /** Says that a login is not accepted any more (401, 419); the next `login()` makes a new one. */
  expire(login: Login): void;
  /** Says that the address of a login cannot be reached; the next `login()` goes to the next one. */
  unreachable(login: Login): void;
  /** Logs out. */
  close(): Promise<void>;
}

/** After a refusal, the same credentials are not tried again for this long, so that the account is not locked. */
const refusedPauseMs = 30_000;

export function createSession(options: SessionOptions): Session {
  const bases = options.addresses.map(baseUrl);
  if (bases.length === 0) throw new Error('controller.addresses is empty: name at least one controller');
  const now = options.now ?? Date.now;
  let address = 0;
  let generation = 0;
  let current: Login | undefined;
  let pending: Promise<Login> | undefined;
  let refused: { readonly secret: string; readonly until: number; readonly error: AviError } | undefined;

  const logIn = async (): Promise<Login> => {
    const credentials = await options.credentials();
    const secret = JSON.stringify(credentials);
    if (refused?.secret === secret && now() < refused.until) throw refused.error;
    try {
      const login = await tryAddresses(credentials);
      refused = undefined;
      return login;
    } catch (error) {
      if (error instanceof AviError && error.kind === 'auth')
        refused = { secret, until: now() + refusedPauseMs, error };
      throw error;
    }
  };

  const tryAddresses = async (credentials: Credentials): Promise<Login> => {
    let failure: unknown;
    for (let tried = 0; tried < bases.length; tried += 1) {
      try {
        return await logInAt(bases[address] ?? '', credentials, (generation += 1), options.transport);
      } catch (error) {
        failure = error;
        if (!(error instanceof AviError && error.transient)) throw error;
        address = (address + 1) % bases.length;
      }
    }
    throw failure;
  };

  return {
    async login() {
      if (current) return current;
      pending ??= logIn().finally(() => (pending = undefined));
      current = await pending;
      return current;
    },
    expire(login) {
      if (current?.generation === login.generation) current = undefined;
    },
    unreachable(login) {
      if (current?.generation !== login.generation) return;
      current = undefined;
      address = (address + 1) % bases.length;
    },
    async close() {
      const login = current;
      current = undefined;
      if (!login) return;
      await options.transport
        .send({ method: 'POST', url: `${login.base}/logout`, headers: login.headers(), body: {} })
        .catch(() => undefined); // the session ends by itself
    },
  };
}

/** `https://host[:port]` of an address, without a slash at the end. */
export function baseUrl(address: string): string {
  const url = new URL(/^https?:\/\//.test(address) ? address : `https://${address}`);
  return url.origin;
}

async function logInAt(
  base: string,
  credentials: Credentials,
  generation: number,
  transport: Transport,
): Promise<Login> {
  const call = { method: 'POST', path: '/login' };
  const reply = await transport
    .send({ method: 'POST', url: `${base}/login`, headers: { referer: `${base}/` }, body: loginBody(credentials) })
    .catch((error: unknown) => {
      if (!(error instanceof TransportError)) throw error;
      throw new AviError('network', call, `${base}: ${error.message}`, { cause: error });
    });
  if (reply.status !== 200) {
    const detail = detailOf(reply.body);
    const kind = reply.status === 403 ? 'auth' : kindOf(reply.status, detail);
    throw new AviError(kind, call, detail, { status: reply.status });
  }
  return createLogin(base, generation, reply);
}

function loginBody({ username, password, token }: Credentials): Readonly<Record<string, string>> {
  return password === undefined && token !== undefined ? { username, token } : { username, password: password ?? '' };
}

/** For so long, equal cookies are not read again. */
const sameCookiesMs = 60_000;

function createLogin(base: string, generation: number, reply: HttpReply): Login {
  const jar = new CookieJar(undefined, { rejectPublicSuffixes: false });
  // Cookies are "Secure"; the jar sees https also where a controller in a laboratory speaks plain http.
  const cookieUrl = base.replace(/^http:/, 'https:');
  const version = (reply.body as { version?: { Version?: unknown } } | undefined)?.version?.Version;
  let headers: Readonly<Record<string, string>> | undefined;
  let kept = { text: '', at: -Infinity };
  const login: Login = {
    base,
    generation,
    ...(typeof version === 'string' && { version }),
    headers: () => {
      if (headers) return headers;
      const cookies = jar.getCookiesSync(cookieUrl);
      const csrf = cookies.find((cookie) => cookie.key === 'csrftoken')?.value;
      headers = {
        referer: `${base}/`,
        ...(cookies.length > 0 && { cookie: cookies.map((cookie) => cookie.cookieString()).join('; ') }),
        ...(csrf !== undefined && { 'x-csrftoken': csrf }),
      };
      return headers;
    },
    keep: (other) => {
      const lines = [other.headers['set-cookie'] ?? []].flat();
      const text = lines.join('\n');
      // A controller repeats its cookies with every reply, and reading them is dear.
      if (text === '' || (text === kept.text && performance.now() - kept.at < sameCookiesMs)) return;
      kept = { text, at: performance.now() };
      headers = undefined;
      for (const line of lines) jar.setCookieSync(line, cookieUrl, { ignoreError: true });
    },
  };
  login.keep(reply);
  return login;
}
