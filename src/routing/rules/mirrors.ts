/** Request mirrors (httproute_types.go, HTTPRequestMirrorFilter). */
import { drop, value, type Read } from '../backends/dropped.ts';
import type { RuleManifest } from './matches.ts';
import { integer } from '../../values/read.ts';

type Manifest = NonNullable<NonNullable<RuleManifest['filters']>[number]['requestMirror']>;

/** A mirror whose backend is not resolved yet. */
export interface MirrorManifest {
  readonly backendRef: Manifest['backendRef'];
  /** Of the backendRef. */
  readonly path: string;
  /** 0 when nothing is mirrored. */
  readonly numerator: number;
  readonly denominator: number;
}

interface Share {
  readonly numerator: number;
  readonly denominator: number;
}

/** `path` is that of the filter, as `spec.rules[0].filters[1]`. */
export function readMirror(manifest: Manifest | undefined, path: string): Read<MirrorManifest> {
  const where = `${path}.requestMirror`;
  if (manifest?.backendRef == null) return drop(`${where}.backendRef`, 'must be given for a filter of this type');
  const share = readShare(manifest, where);
  if ('dropped' in share) return share;
  return value({ backendRef: manifest.backendRef, path: `${where}.backendRef`, ...reduced(share.value) });
}

/** "Only one of Fraction or Percent may be specified. If neither field is specified, 100% of requests will be mirrored." */
function readShare({ percent, fraction }: Manifest, path: string): Read<Share> {
  if (percent != null && fraction != null) return drop(`${path}.fraction`, 'cannot be given beside percent');
  if (percent != null) {
    const numerator = integer(percent);
    if (numerator === undefined || numerator < 0 || numerator > 100)
      return drop(`${path}.percent`, 'must be from 0 to 100');
    return value({ numerator, denominator: 100 });
  }
  if (fraction == null) return value({ numerator: 1, denominator: 1 });
  const denominator = integer(fraction.denominator ?? 100);
  const numerator = integer(fraction.numerator);
  if (denominator === undefined || denominator < 1) return drop(`${path}.fraction.denominator`, 'must be at least 1');
  if (numerator === undefined || numerator < 0 || numerator > denominator) {
    return drop(`${path}.fraction.numerator`, 'must be from 0 to the denominator');
  }
  return value({ numerator, denominator });
}

/** Lowest terms, so that the copies are spread evenly. */
function reduced({ numerator, denominator }: Share): Share {
  const divisor = greatestCommonDivisor(numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
