/** `tls.options` of listeners: what clients may use, by Avi's names. */
import {
  acceptanceProblem,
  cipherNamed,
  tlsVersions,
  type CipherName,
  type TlsVersion,
} from '../extensions/tls-acceptance.ts';
import { record } from '../../values/read.ts';
import type { ListenerTlsSettings } from '../result/routed-listener.ts';

export type ReadTlsOptions =
  { readonly settings?: ListenerTlsSettings } | { readonly key: string; readonly problem: string };

const prefix = 'avi.gateway-operator.io/';
/** Every key that is known. */
export const tlsOptionKeys = {
  profile: `${prefix}ssl-profile`,
  version: `${prefix}min-tls-version`,
  ciphers: `${prefix}ciphers`,
} as const;

/** An option that is not understood must not mean that nothing was asked for: the first that is wrong is said. */
export function readTlsOptions(options: unknown): ReadTlsOptions {
  const given = new Map(Object.entries(record(options)));
  if (given.size === 0) return {};
  const known: readonly string[] = Object.values(tlsOptionKeys);
  const strange = [...given.keys()].find((key) => !known.includes(key));
  if (strange !== undefined) return { key: strange, problem: `is not known; known are ${known.join(', ')}` };
  const profile = given.get(tlsOptionKeys.profile);
  if (profile === undefined) return readAcceptance(given);
  if (given.size > 1)
    return {
      key: tlsOptionKeys.profile,
      problem: 'stands alone: the profile says which versions and ciphers there are',
    };
  if (typeof profile !== 'string' || profile === '')
    return { key: tlsOptionKeys.profile, problem: 'must be the name of an SSL profile on the controller' };
  return { settings: { sslProfile: profile } };
}

function readAcceptance(given: ReadonlyMap<string, unknown>): ReadTlsOptions {
  const version = given.get(tlsOptionKeys.version);
  if (version !== undefined && !isVersion(version))
    return { key: tlsOptionKeys.version, problem: `must be one of ${tlsVersions.join(', ')}` };
  const ciphers = given.has(tlsOptionKeys.ciphers) ? readCiphers(given.get(tlsOptionKeys.ciphers)) : undefined;
  if (typeof ciphers === 'string') return { key: tlsOptionKeys.ciphers, problem: ciphers };
  const settings = { ...(version !== undefined && { minTLSVersion: version }), ...(ciphers && { ciphers }) };
  const problem = acceptanceProblem(settings);
  return problem === undefined ? { settings } : { key: tlsOptionKeys.ciphers, problem };
}

function isVersion(value: unknown): value is TlsVersion {
  return (tlsVersions as readonly unknown[]).includes(value);
}

/** Names of `cipher_enums` or of `accepted_ciphers` and `ciphersuites`, with commas or colons between them; or what is wrong. */
function readCiphers(value: unknown): readonly CipherName[] | string {
  const names = typeof value === 'string' ? value.split(/[:,\s]+/).filter((name) => name !== '') : [];
  if (names.length === 0) return 'must name ciphers, with commas between them';
  const found = names.map((name) => ({ name, cipher: cipherNamed(name) }));
  const strange = found.find(({ cipher }) => cipher === undefined);
  if (strange) return `${strange.name} is no cipher of an SSL profile of Avi`;
  return [...new Set(found.flatMap(({ cipher }) => cipher ?? []))];
}
