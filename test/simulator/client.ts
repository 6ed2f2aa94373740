import type { Simulator } from '../../src/simulator/simulator.ts';

/** A reply with its body parsed; text where it is no JSON. */
export interface TestReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
  readonly text: string;
}

/** A logged-in client of a simulator that was started without TLS. */
export interface TestClient {
  readonly cookies: string;
  readonly csrfToken: string;
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<TestReply>;
  /** Creates an object, expecting 201. */
  create(type: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Record<string, unknown>>;
  /** Lists, expecting 200. */
  list(path: string, headers?: Readonly<Record<string, string>>): Promise<readonly Record<string, unknown>[]>;
}

/** One request without any session. */
export async function request(url: string, init?: RequestInit): Promise<TestReply> {
  const reply = await fetch(url, init);
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, text, body: parsed(text) };
}

/** Logs in. */
export async function login(simulator: Pick<Simulator, 'url' | 'username' | 'password'>): Promise<TestClient> {
  const { username, password, url } = simulator;
  const reply = await request(`${url}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  if (reply.status !== 200) throw new Error(`login answered ${reply.status}: ${reply.text}`);
  const cookies = reply.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  const csrfToken = cookies.find((cookie) => cookie?.startsWith('csrftoken='))?.slice('csrftoken='.length) ?? '';
  const defaults = {
    Cookie: cookies.join('; '),
    'X-CSRFToken': csrfToken,
    Referer: `${url}/`,
    'X-Avi-Version': '30.2.1',
    'Content-Type': 'application/json',
  };
  const call: TestClient['call'] = (method, path, body, headers) =>
    request(`${url}${path}`, {
      method,
      headers: { ...defaults, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  return {
    cookies: defaults.Cookie,
    csrfToken,
    call,
    async create(type, body, headers) {
      const created = await call('POST', `/api/${type}`, body, headers);
      if (created.status !== 201) throw new Error(`POST ${type} answered ${created.status}: ${created.text}`);
      return created.body;
    },
    async list(path, headers) {
      const listed = await call('GET', path, undefined, headers);
      if (listed.status !== 200) throw new Error(`GET ${path} answered ${listed.status}: ${listed.text}`);
      return listed.body['results'] as readonly Record<string, unknown>[];
    },
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
