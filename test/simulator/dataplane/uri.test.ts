import { describe, expect, it } from '@jest/globals';
import { compileRequestMatch } from '../../../src/simulator/dataplane/decide/match.ts';
import {
  compileLocationRewrite,
  compileRedirect,
  compileRewrite,
} from '../../../src/simulator/dataplane/decide/uri.ts';
import { anywhere, literal, newPrefix } from './tools/bodies.ts';
import { request } from './tools/program.ts';

const any = compileRequestMatch(undefined, () => undefined);
const tokens = (...list: readonly object[]): object => ({ type: 'URI_PARAM_TYPE_TOKENIZED', tokens: list });

describe('path tokens', () => {
  const rewritten = (path: object, given: string): string | undefined =>
    compileRewrite({ rewrite_url_action: { path } }, any)?.(request({ path: given, host: 'www.x.com' })).path;

  it.each([
    [newPrefix('', 1), '/strip-prefix', '/'],
    [newPrefix('', 1), '/strip-prefix/three', '/three'],
    [newPrefix('one', 2), '/prefix/one/two', '/one/two'],
    [newPrefix('/one', 1), '/a/b/', '/one/b/'],
    [newPrefix('one', 1), '/a', '/one'],
    [newPrefix('one', 1), '/a//b', '/one//b'],
    [literal('full/path'), '/x', '/full/path'],
    [literal('/'), '/x', '/'],
    [tokens({ type: 'URI_TOKEN_TYPE_PATH', start_index: 0, end_index: 1 }), '/a/b/c', '/a/b'],
    [tokens({ type: 'URI_TOKEN_TYPE_HOST', start_index: 1, end_index: 65535 }), '/a', '/x/com'],
  ])('%j of %s is %s', (path, given, expected) => {
    expect(rewritten(path, given)).toBe(expected);
  });

  it('uses the groups of the path regex and of the query regex', () => {
    const match = compileRequestMatch(
      {
        path: anywhere('REGEX_MATCH', '^/(v[0-9])/(.*)$'),
        query: { match_criteria: 'QUERY_MATCH_REGEX_MATCH', match_str: ['id=([0-9]+)'] },
      },
      () => undefined,
    );
    const path = tokens(
      { type: 'URI_TOKEN_TYPE_REGEX', start_index: 1, end_index: 1 },
      { type: 'URI_TOKEN_TYPE_REGEX_QUERY', start_index: 0, end_index: 0 },
    );
    const rewrite = compileRewrite({ rewrite_url_action: { path } }, match);
    expect(rewrite?.(request({ path: '/v1/rest', query: 'id=42' })).path).toBe('/rest/42');
  });

  it('builds a host from path and host, as the field comment of the API has it', () => {
    const host = tokens(
      { type: 'URI_TOKEN_TYPE_PATH', start_index: 0, end_index: 0 },
      { type: 'URI_TOKEN_TYPE_HOST', start_index: 1, end_index: 65535 },
    );
    const path = tokens({ type: 'URI_TOKEN_TYPE_PATH', start_index: 1, end_index: 65535 });
    const rewrite = compileRewrite({ rewrite_url_action: { host_hdr: host, path } }, any);
    expect(rewrite?.(request({ host: 'www.x.com:80', path: '/sales/blah' }))).toEqual({
      host: 'sales.x.com',
      path: '/blah',
    });
  });

  it('keeps or drops the query and adds to it', () => {
    const query = (body: object, given: string): string | undefined =>
      compileRewrite({ rewrite_url_action: { query: body } }, any)?.(request({ query: given })).query;
    expect(query({ add_string: 'b=2' }, 'a=1')).toBe('a=1&b=2');
    expect(query({ add_string: 'b=2' }, '')).toBe('b=2');
    expect(query({ keep_query: false }, 'a=1')).toBe('');
  });
});

describe('redirects', () => {
  const location = (action: object, changes = {}): string =>
    compileRedirect(
      { protocol: 'HTTP', ...action },
      any,
    )(request({ host: 'h.test:8080', path: '/p', query: 'q=1', ...changes })).location;

  it('keeps host, path and query, and takes the port from nowhere but the action', () => {
    expect(location({})).toBe('http://h.test/p?q=1');
    expect(location({ port: 8080 })).toBe('http://h.test:8080/p?q=1');
    expect(location({ port: 80 })).toBe('http://h.test/p?q=1');
    expect(location({ protocol: 'HTTPS', port: 443 })).toBe('https://h.test/p?q=1');
    expect(location({ protocol: 'HTTPS', port: 80 })).toBe('https://h.test:80/p?q=1');
    expect(location({ host: literal('o.test'), keep_query: false })).toBe('http://o.test/p');
    expect(location({}, { host: '[::1]:80' })).toBe('http://[::1]/p?q=1');
  });

  it.each([
    [undefined, 302],
    ['HTTP_REDIRECT_STATUS_CODE_301', 301],
    ['HTTP_REDIRECT_STATUS_CODE_307', 307],
  ])('status %s is %d', (status_code, expected) => {
    expect(compileRedirect({ protocol: 'HTTP', status_code }, any)(request()).status).toBe(expected);
  });

  it('rewrites a Location that a server sent', () => {
    const rewrite = compileLocationRewrite({ protocol: 'HTTPS', host: literal('public.test') }, any);
    expect(rewrite('http://inside.test:8080/x?y=1', request())).toBe('https://public.test/x?y=1');
    expect(rewrite('/relative', request())).toBe('/relative');
  });
});
