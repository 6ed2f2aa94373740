import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LuaFactory, type LuaEngine } from 'wasmoon';
import { TLS_PARSER } from '../../../src/simulator/store/tls-parser.ts';
import { clientHello } from '../dataplane/tools/client-hello.ts';

let lua: LuaEngine;
let parse: (hex: string) => string;

beforeAll(async () => {
  lua = await new LuaFactory().createEngine();
  lua.doStringSync(`
    local tls = (function() ${TLS_PARSER} end)()
    function parse(hex)
      local payload = string.gsub(hex, '..', function(digits) return string.char(tonumber(digits, 16)) end)
      local sane = tls.sanity_check(payload)
      local name = tls.get_sni(tls.parse_record(payload))
      return tostring(tls.get_req_buffer_size(payload)) .. ' ' .. tostring(sane) .. ' ' .. tostring(name)
    end`);
  parse = lua.global.get('parse') as typeof parse;
});
afterAll(() => lua.global.close());

const read = (bytes: Buffer): string => parse(bytes.toString('hex'));

describe('the parser Default-TLS', () => {
  it('finds the name behind any other extensions', () => {
    const name = fc.stringMatching(/^[a-z0-9.-]{1,60}$/);
    const extension = fc.tuple(
      fc.integer({ min: 1, max: 65_535 }),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    );
    const others = fc.array(extension, { maxLength: 5 });
    fc.assert(
      fc.property(name, others, (host, before) => {
        const hello = clientHello(host, { before });
        expect(read(hello)).toBe(`${hello.length} true ${host}`);
      }),
      { seed: 1 },
    );
  });

  it('finds none where there is none', () => {
    expect(read(clientHello(undefined))).toMatch(/ true nil$/);
    expect(read(clientHello(''))).toMatch(/ true nil$/);
    expect(read(clientHello('a.test', { firstRecord: 80 }))).toMatch(/ true nil$/);
    expect(read(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toMatch(/ false nil$/);
    expect(read(Buffer.alloc(0))).toBe('5 false nil');
  });

  it('never raises, whatever is cut off or changed', () => {
    const hello = clientHello('www.example.com', { before: [[10, Buffer.from([0, 2, 0, 29])]] });
    for (let length = 0; length < hello.length; length++)
      expect(read(hello.subarray(0, length))).toMatch(/ (?:true|false) nil$/);
    const change = fc.tuple(fc.nat(hello.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = Buffer.from(hello);
        for (const [at, value] of changes) bytes[at] = value;
        expect(read(bytes)).toMatch(/^\d+ (?:true|false) /);
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});
