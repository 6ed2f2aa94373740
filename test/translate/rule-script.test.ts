import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LuaFactory, type LuaEngine } from 'wasmoon';
import type { HeaderModifier } from '../../src/routing/result/routed-filters.ts';
import { luaString } from '../../src/translate/scripts/lua.ts';
import {
  children,
  gateway,
  match,
  ofType,
  only,
  parent,
  requestRules,
  route,
  rule,
  translated,
} from './support/routed.ts';

const parentName = 'ako-gw-cluster1--default-gw1-EVH';

function modifier(own: Partial<HeaderModifier>): HeaderModifier {
  return { set: [], add: [], remove: [], ...own };
}

/** What the scripts do to a request with these headers, and to a response. */
async function run(lua: LuaEngine, scripts: readonly { script: string }[], headers: Map<string, string>) {
  const calls: string[] = [];
  lua.global.set('get', (name: string) => headers.get(name.toLowerCase()));
  lua.global.set('record', (...call: string[]) => calls.push(call.join(' ')));
  await lua.doString(`
    avi = {
      http = {
        get_header = function(name) return get(name) end,
        remove_header = function(name) record("remove", name) end,
        add_header = function(name, value) record("add", name, value) end,
      },
      vs = { reqvar = {} },
    }`);
  for (const { script } of scripts) await lua.doString(script);
  return calls;
}

describe('response header modifiers in an ordered list', () => {
  let lua: LuaEngine;
  beforeAll(async () => {
    lua = await new LuaFactory().createEngine();
  });
  afterAll(() => lua.global.close());

  const hostile = '"] = nil os.exit() --\\\n]]';
  const first = rule({
    index: 0,
    matches: [match('/first')],
    responseHeaders: modifier({ set: [{ name: 'X-Set', value: hostile }], remove: ['Server'] }),
  });
  const second = rule({
    index: 1,
    matches: [match('/second')],
    responseHeaders: modifier({ add: [{ name: 'X-Add', value: 'ä' }] }),
  });
  const third = rule({ index: 2, matches: [match('/third')] });
  const state = translated(gateway({ routes: [route({ hostnames: [], rules: [first, second, third] })] }));
  const scripts = only(state, 'vsdatascriptset').datascript as readonly { evt: string; script: string }[];
  const marks = requestRules(state, parentName).flatMap((entry) => {
    const path = (entry.match as { path: { match_str: string[] } } | undefined)?.path.match_str[0];
    const actions = entry.hdr_action as
      { action: string; hdr: { name: string; value?: { val: string } } }[] | undefined;
    return actions ? [{ path, action: actions.at(-1)! }] : [];
  });

  it('run in a script of the virtual service', () => {
    expect(parent(state).vs_datascripts).toEqual([
      { index: 1, vs_datascript_set_ref: `/api/vsdatascriptset/?name=${parentName}` },
    ]);
    expect(scripts.map(({ evt }) => evt)).toEqual(['VS_DATASCRIPT_EVT_HTTP_REQ', 'VS_DATASCRIPT_EVT_HTTP_RESP']);
  });

  it('are chosen by a mark that every forwarding rule sets or removes', () => {
    expect(marks.map(({ path, action }) => [path, action.action])).toEqual([
      ['/second', 'HTTP_REPLACE_HDR'],
      ['/second/', 'HTTP_REPLACE_HDR'],
      ['/first', 'HTTP_REPLACE_HDR'],
      ['/first/', 'HTTP_REPLACE_HDR'],
      ['/third', 'HTTP_REMOVE_HDR'],
      ['/third/', 'HTTP_REMOVE_HDR'],
    ]);
    expect(new Set(marks.map(({ action }) => action.hdr.name)).size).toBe(1);
  });

  it.each([
    ['/first', ['remove X-Set', `add X-Set ${hostile}`, 'remove Server']],
    ['/second', ['add X-Add ä']],
    ['/third', []],
  ])('change the response of %s', async (path, expected) => {
    const { hdr } = marks.find((mark) => mark.path === path)!.action;
    const sent = hdr.value ? new Map([[hdr.name.toLowerCase(), hdr.value.val]]) : new Map<string, string>();
    const calls = await run(lua, scripts, sent);
    expect(calls).toEqual(hdr.value ? [`remove ${hdr.name}`, ...expected] : expected);
  });

  it('leave a response alone whose mark is not known', async () => {
    const { name } = marks[0]!.action.hdr;
    expect(await run(lua, scripts, new Map([[name.toLowerCase(), 'forged']]))).toEqual([`remove ${name}`]);
  });

  it('mark the fallback of a child too', () => {
    const canary = rule({ ...first, matches: [match('/', { method: 'POST' })] });
    const withCanary = translated(gateway({ routes: [route({ rules: [canary, rule({ index: 1 })] })] }));
    const [child] = children(withCanary);
    expect(child).not.toHaveProperty('pool_group_ref');
    const rules = requestRules(withCanary, child!.name);
    expect(rules).toHaveLength(2);
    expect(rules[1]).toMatchObject({ hdr_action: [{ action: 'HTTP_REMOVE_HDR' }] });
    expect(ofType(withCanary, 'vsdatascriptset').map(({ name }) => name)).toEqual([child!.name]);
  });

  it('are literals whatever their bytes', async () => {
    const values = fc.sample(fc.string({ unit: 'grapheme' }), { seed: 7, numRuns: 300 });
    const literals = values.map(luaString);
    for (const literal of literals) expect(literal).toMatch(/^"[\x20-\x7e]*"$/);
    expect(await lua.doString(`return { ${literals.join(', ')} }`)).toEqual(values);
  });
});
