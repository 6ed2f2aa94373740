/** The generated lines, run in Lua against the specification's words. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LuaFactory, type LuaEngine } from 'wasmoon';
import type { Cors, PathModifier } from '../../src/routing/result/routed-filters.ts';
import { corsRequestLines, corsResponseLines } from '../../src/translate/scripts/cors-script.ts';
import { redirectLines } from '../../src/translate/scripts/redirect-script.ts';

let lua: LuaEngine;
beforeAll(async () => {
  lua = await new LuaFactory().createEngine();
  await lua.doString(`
    function reset()
      answer = nil
      avi = {
        http = {
          method = function() return method end,
          hostname = function() return "asked.example" end,
          get_uri = function() return uri end,
          get_header = function(name) return sent(name) end,
          remove_header = function() end,
          add_header = function(name, value) edit(name, value) end,
          response = function(status, headers) answer = { status = status, headers = headers } end,
        },
        vs = { reqvar = {} },
      }
    end`);
});
afterAll(() => lua.global.close());

type Fields = Readonly<Record<string, string>>;

/** Runs the lines for a request with these headers (names as the script asks for them). */
function run(
  lines: readonly string[],
  method: string,
  headers: Fields,
  uri = '/',
): { status: number; headers: Fields } | undefined {
  lua.global.set('sent', (name: string) => headers[name]);
  lua.global.set('method', method);
  lua.global.set('uri', uri);
  lua.doStringSync('reset()');
  lua.doStringSync(lines.join('\n'));
  const answer = lua.global.get('answer') as { status: number; headers?: Fields } | null;
  return answer ? { status: answer.status, headers: { ...answer.headers } } : undefined;
}

const policy = (part: Partial<Cors>): Cors => ({
  allowOrigins: [],
  allowMethods: [],
  allowHeaders: [],
  exposeHeaders: [],
  allowCredentials: false,
  maxAge: 5,
  ...part,
});

/** "`*` is a greedy match to the left"; a port that is not given is the scheme's. */
function isAllowed(pattern: string, origin: string): boolean {
  const parts = (text: string) => /^(https?):\/\/([^:]*)(?::([0-9]+))?$/.exec(text.toLowerCase());
  const [wanted, given] = [parts(pattern), parts(origin)];
  if (!wanted || !given) return false;
  const port = (match: RegExpExecArray) => match[3] ?? (match[1] === 'http' ? '80' : '443');
  if (wanted[1] !== given[1] || port(wanted) !== port(given)) return false;
  const host = wanted[2]!;
  if (host === '*') return given[2] !== '';
  return host.startsWith('*')
    ? given[2]!.endsWith(host.slice(1)) && given[2]!.length > host.length - 1
    : given[2] === host;
}

describe('allowed origins', () => {
  const hosts = ['a.x', 'b.a.x', 'c.b.a.x', 'ba.x', 'x', 'a.x.y'];
  const ports = ['', ':80', ':443', ':8443', ':18443'];
  const origins = ['http', 'https'].flatMap((scheme) =>
    hosts.flatMap((host) => ports.map((port) => `${scheme}://${host}${port}`)),
  );
  const patterns = ['http', 'https'].flatMap((scheme) =>
    ['a.x', '*.a.x', '*.x', '*'].flatMap((host) => ['', ':8443'].map((port) => `${scheme}://${host}${port}`)),
  );

  it('are those that the specification allows', () => {
    const asked = fc.oneof(
      fc.constantFrom(...origins),
      fc.constantFrom('null', '', 'https://', 'HTTPS://A.X', 'https://a.x/'),
    );
    const check = fc.property(
      fc.uniqueArray(fc.constantFrom(...patterns), { maxLength: 3 }),
      asked,
      (allowOrigins, origin) => {
        const sent = { Origin: origin, 'Access-Control-Request-Method': 'GET' };
        const reply = run(corsRequestLines(policy({ allowOrigins }), []), 'OPTIONS', sent);
        const expected = allowOrigins.some((pattern) => isAllowed(pattern, origin)) ? origin : undefined;
        expect(reply).toMatchObject({ status: 200 });
        expect(reply!.headers['Access-Control-Allow-Origin']).toBe(expected);
      },
    );
    fc.assert(check, { seed: 11, numRuns: 1000 });
  });

  it('never answer * with credentials', () => {
    const all = policy({
      allowOrigins: ['*'],
      allowMethods: ['*'],
      allowHeaders: ['*'],
      exposeHeaders: ['*', 'X-A'],
      allowCredentials: true,
    });
    const sent = { Origin: 'https://a.x', 'Access-Control-Request-Method': 'GET' };
    const reply = run(corsRequestLines(all, []), 'OPTIONS', sent)!;
    expect(Object.values(reply.headers)).not.toContain('*');
    expect(reply.headers).toMatchObject({
      'Access-Control-Expose-Headers': 'X-A',
      'Access-Control-Allow-Origin': 'https://a.x',
    });
    expect(reply.headers).not.toHaveProperty('Access-Control-Allow-Headers');
    expect(corsResponseLines(all).join('\n')).not.toContain('*');
  });

  it.each([
    ['GET', { Origin: 'https://a.x', 'Access-Control-Request-Method': 'GET' }],
    ['OPTIONS', { Origin: 'https://a.x' }],
    ['OPTIONS', { 'Access-Control-Request-Method': 'GET' }],
  ])('%s with %j is no preflight', (method, headers) => {
    expect(run(corsRequestLines(policy({ allowOrigins: ['*'] }), []), method, headers)).toBeUndefined();
  });
});

describe('redirects', () => {
  const target = { protocol: 'HTTPS' as const, port: 443, statusCode: 303 };
  const location = (
    path: PathModifier | undefined,
    prefixSegments: number,
    uri: string,
    more = {},
  ): string | undefined =>
    run(redirectLines({ ...target, prefixSegments, ...(path && { path }), ...more }, undefined), 'GET', {}, uri)
      ?.headers['Location'];
  const prefix = (value: string): PathModifier => ({ type: 'ReplacePrefixMatch', value });

  it.each<[string, PathModifier | undefined, number, string, string]>([
    ['nothing', undefined, 0, '/a/b?c=d', '/a/b?c=d'],
    ['the whole path', { type: 'ReplaceFullPath', value: '/x' }, 0, '/a/b?c=d', '/x?c=d'],
    ['a hostile path', { type: 'ReplaceFullPath', value: '/"]=nil--\\' }, 0, '/a', '/"]=nil--\\'],
    ['a prefix', prefix('/x/'), 1, '/a/b', '/x/b'],
    ['all of the path', prefix('/x'), 1, '/a', '/x'],
    ['a prefix by nothing', prefix('/'), 1, '/a', '/'],
    ['a prefix by nothing before more', prefix(''), 2, '/a/b/c/?d', '/c/?d'],
    ['the root', prefix('/x'), 0, '/a', '/x/a'],
    ['a trailing slash', prefix('/x'), 1, '/a/', '/x/'],
    ['what a header cannot hold', prefix('/ä'), 1, '/a/b', '/%C3%A4/b'],
  ])('replace %s', (_, path, segments, uri, expected) => {
    expect(location(path, segments, uri)).toBe(`https://asked.example${expected}`);
  });

  it('name the port unless it is the scheme’s', () => {
    expect(location(undefined, 0, '/', { port: 8443 })).toBe('https://asked.example:8443/');
    expect(location(undefined, 0, '/', { protocol: 'HTTP', port: 443 })).toBe('http://asked.example:443/');
    expect(location(undefined, 0, '/', { protocol: 'HTTP', port: 80, hostname: 'n.x' })).toBe('http://n.x/');
  });

  it('have the headers of CORS too', () => {
    const lines = redirectLines({ ...target, prefixSegments: 0 }, policy({}));
    const reply = run(corsRequestLines(policy({ allowOrigins: ['*'] }), lines), 'GET', { Origin: 'https://a.x' });
    expect(reply).toMatchObject({ status: 303, headers: { 'Access-Control-Allow-Origin': '*' } });
  });
});
