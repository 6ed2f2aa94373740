import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ObjectChange } from '../../src/cluster/known-objects.ts';
import { startListWatch, type ListWatch, type ListWatchOptions } from '../../src/cluster/list-watch.ts';
import { eventually } from './eventually.ts';
import { startFakeApi, type FakeApi } from './fake-api.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(60_000);

let api: FakeApi;
let watch: ListWatch | undefined;
let changes: string[] = [];
let failures: string[] = [];
let last: ObjectChange | undefined;

beforeEach(async () => {
  api = await startFakeApi();
  changes = [];
  failures = [];
});

afterEach(async () => {
  watch?.stop();
  await watch?.done;
  await api.close();
});

function start(options: Partial<ListWatchOptions> = {}): void {
  watch = startListWatch({
    transport: api.transport,
    path: '/api/v1/things',
    apiVersion: 'v1',
    kind: 'Thing',
    onChange: (change) => {
      last = change;
      const { value } = change.object as { readonly value?: string };
      changes.push(`${change.type} ${change.object.metadata?.name}=${value}${change.explained ? '' : ' unexplained'}`);
    },
    onFailure: (error) => void failures.push(error.message),
    timings: { backoffMs: [5, 50] },
    ...options,
  });
}

const seen = (...expected: string[]) => eventually(() => expect(changes).toEqual(expected));

const watching = () => eventually(() => expect(api.watches()).toBe(1));

describe('list-watch', () => {
  it('reports what is there and then each change, with what built-in lists leave out', async () => {
    api.put('a', '1');
    start();
    await seen('ADDED a=1');
    expect(last?.object).toMatchObject({ apiVersion: 'v1', kind: 'Thing' });
    expect(last?.object.metadata).not.toHaveProperty('managedFields');
    await watching();
    api.put('b', '1');
    api.put('a', '2');
    api.remove('b');
    await seen('ADDED a=1', 'ADDED b=1', 'MODIFIED a=2', 'DELETED b=1');
  });

  it('lists in pages', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) api.put(name, '1');
    let lists = 0;
    start({ pageSize: 2, onListed: () => (lists += 1) });
    await seen('ADDED a=1', 'ADDED b=1', 'ADDED c=1', 'ADDED d=1', 'ADDED e=1');
    const pages = api.requests.filter((query) => query.has('limit'));
    expect(pages.map((query) => query.get('continue'))).toEqual([null, '2', '4']);
    expect(lists).toBe(1);
  });

  it.each(['end', 'destroy'] as const)('resumes where it was after a watch was cut (%s)', async (how) => {
    api.put('a', '1');
    start();
    await watching();
    api.cut(how);
    api.put('a', '2');
    api.remove('a');
    api.put('b', '1');
    await seen('ADDED a=1', 'MODIFIED a=2', 'DELETED a=2', 'ADDED b=1');
    expect(api.requests.filter((query) => query.get('limit') === '500')).toHaveLength(1);
  });

  it('resumes from the version of a bookmark', async () => {
    start();
    await watching();
    api.bookmark();
    api.compact();
    api.bookmark();
    api.cut('end');
    await eventually(() => expect(api.requests.filter((query) => query.has('watch')).length).toBeGreaterThan(1));
    api.put('a', '1');
    await seen('ADDED a=1');
    expect(api.requests.filter((query) => query.get('limit') === '500')).toHaveLength(1);
    expect(api.requests.every((query) => !query.has('watch') || query.get('allowWatchBookmarks') === 'true')).toBe(
      true,
    );
  });

  it('lists again after 410 and finds what it missed; a deletion is then unexplained', async () => {
    api.put('a', '1');
    api.put('b', '1');
    api.put('c', '1');
    start();
    await watching();
    api.cut('destroy');
    api.remove('a');
    api.put('b', '2');
    api.remove('c');
    api.put('c', '2');
    api.put('d', '1');
    api.compact();
    await seen(
      'ADDED a=1',
      'ADDED b=1',
      'ADDED c=1',
      'DELETED a=1 unexplained',
      'MODIFIED b=2',
      'DELETED c=1 unexplained',
      'ADDED c=2',
      'ADDED d=1',
    );
  });

  it('lists again when the server came back with an older state', async () => {
    for (const name of ['a', 'b', 'c']) api.put(name, '1');
    start();
    await watching();
    api.restore(['a'], 50);
    await seen('ADDED a=1', 'ADDED b=1', 'ADDED c=1', 'DELETED b=1 unexplained', 'DELETED c=1 unexplained');
    api.put('d', '1');
    await eventually(() => expect(changes.at(-1)).toBe('ADDED d=1'));
  });

  it('survives an API server that refuses, and obeys Retry-After', async () => {
    api.put('a', '1');
    api.failNext('list', 500);
    api.failNext('list', 429, { 'retry-after': '1' });
    const before = performance.now();
    start();
    await seen('ADDED a=1');
    expect(performance.now() - before).toBeGreaterThanOrEqual(990);
    expect(failures).toEqual(['GET /api/v1/things: 500 as told', 'GET /api/v1/things: 429 as told']);
    api.failNext('watch', 503);
    api.cut('destroy');
    api.put('b', '1');
    await seen('ADDED a=1', 'ADDED b=1');
  });

  it('begins a list anew when its continue token has expired', async () => {
    for (const name of ['a', 'b', 'c']) api.put(name, '1');
    let requests = 0;
    start({
      pageSize: 2,
      transport: (path, query, signal) => {
        requests += 1;
        if (requests === 2) api.failNext('list', 410);
        return api.transport(path, query, signal);
      },
    });
    await seen('ADDED a=1', 'ADDED b=1', 'ADDED c=1');
    expect(api.requests.filter((query) => query.has('limit')).map((query) => query.get('continue'))).toEqual([
      null,
      '2',
      null,
      '2',
    ]);
  });

  it('cuts a watch that shows no sign of life, and resumes it', async () => {
    start({ timings: { backoffMs: [5, 50], idleMs: 100 } });
    await watching();
    await eventually(() => expect(api.requests.filter((query) => query.has('watch')).length).toBeGreaterThan(1));
    expect(failures[0]).toContain('No sign of life');
    api.put('a', '1');
    await seen('ADDED a=1');
  });

  it('goes on when the receiver throws', async () => {
    let calls = 0;
    start({
      onChange: ({ object }) => {
        calls += 1;
        if (calls === 1) throw new Error('broken receiver');
        changes.push(object.metadata?.name ?? '');
      },
    });
    await watching();
    api.put('a', '1');
    api.put('b', '1');
    await seen('b');
    expect(failures).toEqual(['broken receiver']);
  });

  it('reports nothing after it was stopped', async () => {
    start();
    await watching();
    watch?.stop();
    await watch?.done;
    api.put('a', '1');
    await eventually(() => expect(api.watches()).toBe(0));
    expect(changes).toEqual([]);
    expect(failures).toEqual([]);
  });
});
