import { describe, expect, it } from '@jest/globals';
import { malformed, type Rule } from '../world.ts';
import { droppedBy, kept, type Filter } from './routed-rules.ts';

type Cors = NonNullable<Filter['cors']>;

const cors = (policy: Cors): Partial<Rule> => ({ filters: [{ type: 'CORS', cors: policy }] });

describe('CORS', () => {
  it('has the defaults of the specification', () => {
    expect(kept(cors({})).cors).toEqual({
      allowOrigins: [],
      allowMethods: [],
      allowHeaders: [],
      exposeHeaders: [],
      allowCredentials: false,
      maxAge: 5,
    });
  });

  it.each([
    ['*', '*'],
    ['https://Www.Foo.com', 'https://www.foo.com'],
    ['https://www.foo.com:443', 'https://www.foo.com'],
    ['http://www.foo.com:80', 'http://www.foo.com'],
    ['http://www.foo.com:443', 'http://www.foo.com:443'],
    ['https://*.bar.com:8443', 'https://*.bar.com:8443'],
    ['https://*', 'https://*'],
  ])('knows the origin %s', (given, expected) => {
    expect(kept(cors({ allowOrigins: [given] })).cors?.allowOrigins).toEqual([expected]);
  });

  it('keeps what is allowed, once', () => {
    const given = { allowMethods: ['GET', 'PUT', 'GET'], allowHeaders: ['X-A'], exposeHeaders: ['*', 'X-B'] };
    expect(kept(cors(malformed({ ...given, allowCredentials: true, maxAge: 60 }))).cors).toMatchObject({
      allowMethods: ['GET', 'PUT'],
      allowHeaders: ['X-A'],
      exposeHeaders: ['*', 'X-B'],
      allowCredentials: true,
      maxAge: 60,
    });
  });

  it.each<[string, unknown, string]>([
    ['no policy', undefined, 'cors'],
    ['another scheme', { allowOrigins: ['ftp://a'] }, 'cors.allowOrigins[0]'],
    ['a path', { allowOrigins: ['*', 'https://a/b'] }, 'cors.allowOrigins[1]'],
    ['a wildcard in the middle', { allowOrigins: ['https://a.*.b'] }, 'cors.allowOrigins[0]'],
    ['a line end', { allowOrigins: ['https://a\r\nX: y'] }, 'cors.allowOrigins[0]'],
    ['a number', { allowOrigins: [7] }, 'cors.allowOrigins[0]'],
    ['a long origin', { allowOrigins: [`https://${'a'.repeat(250)}`] }, 'cors.allowOrigins[0]'],
    ['* beside others', { allowOrigins: ['*', 'https://a'] }, 'cors.allowOrigins'],
    ['an unknown method', { allowMethods: ['BREW'] }, 'cors.allowMethods[0]'],
    ['a hostile header', { allowHeaders: ['a"\n'] }, 'cors.allowHeaders[0]'],
    ['a hostile exposed header', { exposeHeaders: ['a b'] }, 'cors.exposeHeaders[0]'],
    ['no age', { maxAge: 0 }, 'cors.maxAge'],
  ])('with %s drops the rule', (_, policy, field) => {
    expect(droppedBy(cors(malformed(policy)))).toContain(`Dropped Rule 0: spec.rules[0].filters[0].${field}: `);
  });

  it('cannot be given twice', () => {
    const [filter] = cors({}).filters!;
    expect(droppedBy({ filters: [filter!, filter!] })).toContain('spec.rules[0].filters[1]: ');
  });
});
