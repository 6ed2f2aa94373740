/** Texts and values that somebody chose to do harm, and the means to put them anywhere into a document. */
import fc from 'fast-check';

/** Stands in many hostile texts: where it comes to light outside of a literal, a value has become code. */
export const marker = 'HoStIlE';

const texts = [
  `${marker}\r\nX-Injected: 1`,
  `"); avi.http.response(200, {}, "${marker}") --`,
  `]] ${marker} [[`,
  `'${marker}'`,
  `\\"${marker}\\`,
  `\\10${marker}`,
  `%0d%0a${marker}`,
  `%{${marker}}`,
  `\${${marker}}`,
  '$1$2\\1',
  `\u0000${marker}\u0001`,
  `\u2028${marker}\u2029`,
  '\ud800',
  'ＡＢＣ．example.com',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '../../../../api/virtualservice',
  '/%2e%2e/%2F..;/x',
  '//a/./b//../c',
  '/api/pool/?name=x&tenant=admin',
  '*',
  '*.',
  '*.*.example.com',
  '.example.com.',
  '-1',
  '1e309',
  '999999999999999999999',
  '(a+)+$',
  '((a*)*)*b',
  '(?=a)',
  '[a-',
  'a{1000000}',
  '\\p{L}\\Q(',
  '<script>alert(1)</script>',
  '{{ .Values }}',
  '-----BEGIN PRIVATE KEY-----',
  '::ffff:127.0.0.1',
  '127.0.0.1; rm -rf /',
  '',
  ' ',
  'x'.repeat(300),
  '/'.repeat(2_000),
  `${marker}`.repeat(2_000),
] as const;

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...texts) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...texts), fc.constantFrom(...texts)).map((two) => two.join('')) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 80 }) },
);

export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: hostileText },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      null,
      true,
      0,
      -1,
      65_536,
      1.5,
      2 ** 53,
      [],
      {},
      [null],
      [[]],
      JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}') as unknown,
    ),
  },
);

/** Where a document is changed: a number that the path is chosen by, and what stands there then. */
export type Change = readonly [place: number, value: unknown];

export const changes = (value: fc.Arbitrary<unknown>, most = 4): fc.Arbitrary<readonly Change[]> =>
  fc.array(fc.tuple(fc.nat(), value), { minLength: 1, maxLength: most });

type Path = readonly (string | number)[];

/** Paths of the values in a document that pass a test. */
export function pathsIn(document: unknown, wanted: (value: unknown) => boolean, path: Path = []): readonly Path[] {
  const own = wanted(document) ? [path] : [];
  if (document === null || typeof document !== 'object') return own;
  const below = Object.entries(document).flatMap(([key, value]) =>
    pathsIn(value, wanted, [...path, Array.isArray(document) ? Number(key) : key]),
  );
  return [...own, ...below];
}

/** A copy with the value at a path replaced; the document itself stays. */
export function replaceAt(document: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(document))
    return (document as readonly unknown[]).map((item, index) => (index === key ? replaceAt(item, rest, value) : item));
  const entries = Object.entries(document as Readonly<Record<string, unknown>>).map(([name, item]) => [
    name,
    name === key ? replaceAt(item, rest, value) : item,
  ]);
  return Object.fromEntries(entries);
}

/** Applies changes to the values that pass the test. */
export function damage(document: unknown, made: readonly Change[], wanted: (value: unknown) => boolean): unknown {
  return made.reduce((changed: unknown, [place, value]) => {
    const paths = pathsIn(changed, wanted);
    const path = paths[place % paths.length];
    return path === undefined ? changed : replaceAt(changed, path, value);
  }, document);
}

export const isText = (value: unknown): boolean => typeof value === 'string';
