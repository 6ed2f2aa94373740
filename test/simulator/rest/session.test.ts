import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseCookies } from '../../../src/simulator/rest/session.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { login, request, type TestClient } from '../client.ts';

describe('sessions', () => {
  let simulator: Simulator;
  let client: TestClient;
  beforeAll(async () => {
    simulator = await startSimulator({ tls: false, dataPlane: false, basicAuth: true });
    client = await login(simulator);
  });
  afterAll(() => simulator.close());

  const post = (headers: Readonly<Record<string, string>>): ReturnType<typeof request> =>
    request(`${simulator.url}/api/pool`, {
      method: 'POST',
      headers: { 'X-Avi-Version': '30.2.1', ...headers },
      body: JSON.stringify({ name: `p${Math.random()}` }),
    });
  const complete = (): Readonly<Record<string, string>> => ({
    Cookie: client.cookies,
    'X-CSRFToken': client.csrfToken,
    Referer: simulator.url,
  });

  it('start with JSON and with a form, and say what clients need to know', async () => {
    const { username, password, url } = simulator;
    const form = await request(`${url}/login`, { method: 'POST', body: new URLSearchParams({ username, password }) });
    expect(form.status).toBe(200);
    expect(form.body).toMatchObject({
      user_initialized: true,
      user: { username: 'admin' },
      version: { Version: '30.2.1' },
      tenants: [{ name: 'admin', uuid: 'admin' }],
      controller: { api_idle_timeout: 15 },
      session_cookie_name: 'avi-sessionid',
    });
    const names = form.headers.getSetCookie().map((cookie) => cookie.split('=')[0]);
    expect(names).toEqual(['csrftoken', 'avi-sessionid', 'sessionid']);
  });

  it('need the right name and password', async () => {
    const wrong = await request(`${simulator.url}/login`, {
      method: 'POST',
      body: JSON.stringify({ username: 'admin', password: 'x' }),
    });
    expect([wrong.status, wrong.body]).toEqual([401, { error: 'Invalid credentials' }]);
    const empty = await request(`${simulator.url}/login`, { method: 'POST' });
    expect(empty.status).toBe(401);
  });

  it('are needed for the API, but not for the version', async () => {
    expect((await request(`${simulator.url}/api/pool`)).status).toBe(401);
    expect((await request(`${simulator.url}/api/initial-data`)).body).toMatchObject({ version: { Version: '30.2.1' } });
    expect((await request(`${simulator.url}/api/cluster/status`)).status).toBe(200);
  });

  it('change something only with the CSRF token and a Referer of this controller', async () => {
    expect((await post(complete())).status).toBe(201);
    const { Cookie, Referer, ...token } = complete();
    const refused = [
      await post({ Cookie: Cookie ?? '', Referer: Referer ?? '' }),
      await post({ ...complete(), 'X-CSRFToken': 'other' }),
      await post({ Cookie: Cookie ?? '', ...token }),
      await post({ ...complete(), Referer: 'https://elsewhere.example.com/' }),
      await post({ ...complete(), Cookie: (Cookie ?? '').replace(/csrftoken=[^;]+; /, '') }),
    ];
    for (const reply of refused) {
      expect([reply.status, reply.text]).toEqual([401, 'CSRF token missing or incorrect.']);
      expect(reply.headers.get('content-type')).toContain('text/plain');
    }
    expect((await request(`${simulator.url}/api/pool`, { headers: { Cookie: Cookie ?? '' } })).status).toBe(200);
  });

  it('are sent again with each reply; of two cookies of a name the last counts', async () => {
    const reply = await request(`${simulator.url}/api/pool`, {
      headers: { Cookie: `sessionid=old; avi-sessionid=old; ${client.cookies}` },
    });
    expect(reply.status).toBe(200);
    const names = reply.headers.getSetCookie().map((cookie) => cookie.split('=')[0]);
    expect(names).toEqual(['avi-sessionid', 'sessionid']);
    expect(parseCookies('a=1; b="2"; a=3').get('a')).toBe('3');
    expect(parseCookies('a=1; b="2"; a=3').get('b')).toBe('2');
    expect(parseCookies(undefined).size).toBe(0);
  });

  it('end at logout and when all are expired', async () => {
    const own = await login(simulator);
    expect((await own.call('POST', '/logout')).status).toBe(200);
    expect((await own.call('GET', '/api/pool')).status).toBe(401);
    const another = await login(simulator);
    simulator.expireSessions();
    expect((await another.call('GET', '/api/pool')).status).toBe(401);
    client = await login(simulator);
  });

  it('end when they are idle', async () => {
    const impatient = await startSimulator({ tls: false, dataPlane: false, sessionIdleMs: 0 });
    const own = await login(impatient);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await own.call('GET', '/api/pool')).status).toBe(401);
    await impatient.close();
  });

  it('start with a token too, until it is deleted', async () => {
    const created = await client.call('POST', '/api/user-token', { hours: 2 });
    expect(created.status).toBe(201);
    const { token, uuid } = created.body as { token: string; uuid: string };
    const withToken = (): Promise<{ status: number }> =>
      request(`${simulator.url}/login`, { method: 'POST', body: JSON.stringify({ username: 'admin', token }) });
    expect((await withToken()).status).toBe(200);
    const listed = await client.call('GET', '/api/user-token');
    expect(listed.body).toMatchObject({ count: 1, results: [{ uuid, hours: 2 }] });
    expect(listed.text).not.toContain(token);
    expect((await client.call('DELETE', `/api/user-token/${uuid}`)).status).toBe(204);
    expect((await withToken()).status).toBe(401);
    expect((await client.call('POST', '/api/user-token', { hours: 0 })).status).toBe(400);
  });

  it('are not needed with Basic authentication where it is on', async () => {
    const basic = (text: string): Readonly<Record<string, string>> => ({
      Authorization: `Basic ${Buffer.from(text).toString('base64')}`,
    });
    expect((await post(basic(`admin:${simulator.password}`))).status).toBe(201);
    expect((await post(basic('admin:wrong'))).status).toBe(401);
    const without = await startSimulator({ tls: false, dataPlane: false });
    const reply = await request(`${without.url}/api/pool`, { headers: basic(`admin:${without.password}`) });
    expect(reply.status).toBe(401);
    await without.close();
  });
});

describe('TLS', () => {
  it('is verified with the CA that comes with the simulator', async () => {
    const simulator = await startSimulator({ dataPlane: false });
    const { request: httpsRequest } = await import('node:https');
    const status = (ca: string | undefined, host: string): Promise<number | string> =>
      new Promise((resolve) => {
        const url = new URL('/api/initial-data', simulator.url);
        const call = httpsRequest({ host, port: url.port, path: url.pathname, ca, servername: host }, (reply) => {
          reply.resume();
          resolve(reply.statusCode ?? 0);
        });
        call.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
        call.end();
      });
    expect(await status(simulator.ca, 'localhost')).toBe(200);
    expect(await status(undefined, 'localhost')).toMatch(/UNABLE_TO|SELF_SIGNED/);
    expect(simulator.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    await simulator.close();
  });
});
