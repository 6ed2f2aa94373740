/** A minimal controller on node:http for tests of the client: sessions, CSRF, objects by type, and faults on demand. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Body = Record<string, unknown>;

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly tenant: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Body | undefined;
}

/** What a fault does instead of, or after, the normal handling. */
export type Fault =
  | { readonly reply: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | { readonly drop: 'before' | 'after' };

export interface FakeController {
  readonly url: string;
  readonly calls: Call[];
  readonly objects: Map<string, Body>;
  logins: number;
  password: string;
  pageSize: number;
  latencyMs: number;
  inFlight: number;
  mostInFlight: number;
  /** Decides on each call other than the login; undefined: no fault. */
  fault: (call: Call) => Fault | undefined;
  endSessions(): void;
  writes(): readonly Call[];
  close(): Promise<void>;
}

export async function startFakeController(): Promise<FakeController> {
  let session = '';
  const csrf = 'csrf-1';
  let clock = 1_000_000;
  const server = createServer((request, response) => {
    void readBody(request).then((body) => handle(request, response, body));
  });
  const fake: FakeController = {
    url: '',
    calls: [],
    objects: new Map(),
    logins: 0,
    password: 'right',
    pageSize: 100,
    latencyMs: 0,
    inFlight: 0,
    mostInFlight: 0,
    fault: () => undefined,
    endSessions: () => (session = ''),
    writes: () => fake.calls.filter((call) => call.method !== 'GET' && call.path !== '/logout'),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };

  const send = (
    response: ServerResponse,
    status: number,
    body?: unknown,
    headers: Record<string, string> = {},
  ): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body === undefined ? '' : JSON.stringify(body));
  };

  const handle = async (request: IncomingMessage, response: ServerResponse, body: Body | undefined): Promise<void> => {
    const path = request.url ?? '/';
    if (path === '/login') return logIn(response, body);
    const call: Call = {
      method: request.method ?? '',
      path,
      tenant: String(request.headers['x-avi-tenant'] ?? 'admin'),
      headers: request.headers,
      body,
    };
    fake.calls.push(call);
    fake.inFlight += 1;
    fake.mostInFlight = Math.max(fake.mostInFlight, fake.inFlight);
    if (fake.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, fake.latencyMs).unref());
    fake.inFlight -= 1;
    const fault = fake.fault(call);
    if (fault && 'reply' in fault) return send(response, fault.reply, fault.body ?? { error: 'fault' }, fault.headers);
    if (fault?.drop === 'before') return void request.socket.destroy();
    if (!authorised(request)) return send(response, 401, { error: 'CSRF token missing or incorrect.' });
    const [status, reply] = answer(call);
    if (fault?.drop === 'after') return void request.socket.destroy();
    send(response, status, reply);
  };

  const logIn = (response: ServerResponse, body: Body | undefined): void => {
    fake.logins += 1;
    if (body?.password !== fake.password) return send(response, 401, { error: 'Invalid credentials' });
    session ||= `session-${fake.logins}`;
    response.writeHead(200, {
      'content-type': 'application/json',
      'set-cookie': [`csrftoken=${csrf}; Secure; Path=/`, `avi-sessionid=${session}; HttpOnly; Secure; Path=/`],
    });
    response.end(JSON.stringify({ version: { Version: '30.2.1' }, session_cookie_name: 'avi-sessionid' }));
  };

  const authorised = (request: IncomingMessage): boolean => {
    const cookies = request.headers.cookie ?? '';
    if (session === '' || !cookies.includes(`avi-sessionid=${session}`)) return false;
    return (
      request.method === 'GET' ||
      (request.headers['x-csrftoken'] === csrf && request.headers.referer === `${fake.url}/`)
    );
  };

  const shown = (object: Body): Body => {
    const { key: _key, ...rest } = object;
    return rest;
  };
  const withName = (ref: unknown): unknown => {
    const wanted = /^\/api\/([a-z]+)\/?\?name=([^&]+)/.exec(String(ref));
    const name = decodeURIComponent(wanted?.[2] ?? '');
    if (!wanted) return ref;
    const target = [...fake.objects.values()].find(
      (object) => object.name === name && String(object.uuid).startsWith(`${wanted[1]}-`),
    );
    return `${fake.url}/api/${wanted[1]}/${typeof target?.uuid === 'string' ? target.uuid : `${wanted[1]}-${name}`}#${name}`;
  };
  const resolveRefs = (value: unknown, field = ''): unknown => {
    if (Array.isArray(value)) return value.map((item) => resolveRefs(item, field));
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolveRefs(item, name)]));
    }
    return /_refs?$/.test(field) ? withName(value) : value;
  };
  const store = (type: string, uuid: string, tenant: string, body: Body): Body => {
    const object = {
      ...(resolveRefs(body) as Body),
      uuid,
      url: `${fake.url}/api/${type}/${uuid}`,
      tenant_ref: `${fake.url}/api/tenant/${tenant}#${tenant}`,
      _last_modified: String((clock += 1)),
    };
    fake.objects.set(uuid, object);
    return object;
  };

  const answer = (call: Call): [number, unknown?] => {
    const url = new URL(call.path, fake.url);
    const [, type = '', uuid] = url.pathname.split('/').filter(Boolean);
    if (url.pathname === '/logout') return [200];
    if (call.method === 'GET') return [200, uuid ? fake.objects.get(uuid) : page(url, type, call.tenant)];
    if (call.method === 'POST') {
      const taken = ofType(type).find((object) => object.name === call.body?.name && tenantOf(object) === call.tenant);
      if (taken) return [409, { error: `${type} with this name already exists` }];
      return [201, shown(store(type, `${type}-${randomUUID()}`, call.tenant, call.body ?? {}))];
    }
    const current = fake.objects.get(uuid ?? '');
    if (!current || !uuid) return [404, { error: `${type} object not found!` }];
    if (call.method === 'DELETE') {
      const referrer = [...fake.objects.values()].find(
        (object) => object !== current && JSON.stringify(object).includes(`/${uuid}#`),
      );
      if (referrer) return [403, { error: `Cannot delete, object is referred by: ['${String(referrer.name)}']` }];
      fake.objects.delete(uuid);
      return [204];
    }
    const stamp = call.body?._last_modified;
    if (stamp !== undefined && stamp !== current._last_modified) return [412, { error: 'Need to reload object data' }];
    return [200, shown(store(type, uuid, tenantOf(current), call.body ?? {}))];
  };

  const tenantOf = (object: Body): string => String(object.tenant_ref).split('#')[1] ?? 'admin';
  const ofType = (type: string): Body[] =>
    [...fake.objects.values()].filter((object) => String(object.uuid).startsWith(`${type}-`));

  const page = (url: URL, type: string, tenant: string): Body => {
    const query = url.searchParams;
    const matching = ofType(type)
      .filter((object) => tenant === '*' || tenantOf(object) === tenant)
      .filter((object) => !query.has('name') || object.name === query.get('name'))
      .filter((object) => !query.has('created_by') || object.created_by === query.get('created_by'))
      .filter((object) => String(object.name).includes(query.get('name.contains') ?? ''));
    const start = (Number(query.get('page') ?? 1) - 1) * fake.pageSize;
    const results = matching.slice(start, start + fake.pageSize).map(shown);
    query.set('page', String(Number(query.get('page') ?? 1) + 1));
    const more = start + fake.pageSize < matching.length;
    return {
      count: matching.length,
      results,
      ...(more && { next: `https://other.name.test/api/${type}/?${query.toString()}` }),
    };
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(fake, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

async function readBody(request: IncomingMessage): Promise<Body | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? undefined : (JSON.parse(text) as Body);
}
