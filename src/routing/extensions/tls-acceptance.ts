/** Which versions of TLS and which ciphers clients may use, by Avi's names (SSLProfile). */

/** Oldest first. */
export const tlsVersions = [
  'SSL_VERSION_TLS1',
  'SSL_VERSION_TLS1_1',
  'SSL_VERSION_TLS1_2',
  'SSL_VERSION_TLS1_3',
] as const;

export type TlsVersion = (typeof tlsVersions)[number];

/** What is asked for; at least one of the fields. */
export interface TlsAcceptance {
  readonly minTLSVersion?: TlsVersion;
  /** Keys of `ciphers`, the most wanted first; never empty. */
  readonly ciphers?: readonly CipherName[];
}

/** The first version that may use a cipher, and, below TLS 1.3, OpenSSL's name of it. */
const ciphers = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: { since: 'SSL_VERSION_TLS1_2', openSsl: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: { since: 'SSL_VERSION_TLS1_2', openSsl: 'ECDHE-ECDSA-AES256-GCM-SHA384' },
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: { since: 'SSL_VERSION_TLS1_2', openSsl: 'ECDHE-RSA-AES128-GCM-SHA256' },
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: { since: 'SSL_VERSION_TLS1_2', openSsl: 'ECDHE-RSA-AES256-GCM-SHA384' },
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: { since: 'SSL_VERSION_TLS1_2', openSsl: 'ECDHE-ECDSA-AES128-SHA256' },
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384: { since: 'SSL_VERSION_TLS1_2', openSsl: 'ECDHE-ECDSA-AES256-SHA384' },
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: { since: 'SSL_VERSION_TLS1_2', openSsl: 'ECDHE-RSA-AES128-SHA256' },
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384: { since: 'SSL_VERSION_TLS1_2', openSsl: 'ECDHE-RSA-AES256-SHA384' },
  TLS_RSA_WITH_AES_128_GCM_SHA256: { since: 'SSL_VERSION_TLS1_2', openSsl: 'AES128-GCM-SHA256' },
  TLS_RSA_WITH_AES_256_GCM_SHA384: { since: 'SSL_VERSION_TLS1_2', openSsl: 'AES256-GCM-SHA384' },
  TLS_RSA_WITH_AES_128_CBC_SHA256: { since: 'SSL_VERSION_TLS1_2', openSsl: 'AES128-SHA256' },
  TLS_RSA_WITH_AES_256_CBC_SHA256: { since: 'SSL_VERSION_TLS1_2', openSsl: 'AES256-SHA256' },
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: { since: 'SSL_VERSION_TLS1', openSsl: 'ECDHE-ECDSA-AES128-SHA' },
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: { since: 'SSL_VERSION_TLS1', openSsl: 'ECDHE-ECDSA-AES256-SHA' },
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: { since: 'SSL_VERSION_TLS1', openSsl: 'ECDHE-RSA-AES128-SHA' },
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: { since: 'SSL_VERSION_TLS1', openSsl: 'ECDHE-RSA-AES256-SHA' },
  TLS_RSA_WITH_AES_128_CBC_SHA: { since: 'SSL_VERSION_TLS1', openSsl: 'AES128-SHA' },
  TLS_RSA_WITH_AES_256_CBC_SHA: { since: 'SSL_VERSION_TLS1', openSsl: 'AES256-SHA' },
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: { since: 'SSL_VERSION_TLS1', openSsl: 'DES-CBC3-SHA' },
  TLS_AES_256_GCM_SHA384: { since: 'SSL_VERSION_TLS1_3', openSsl: 'TLS_AES_256_GCM_SHA384' },
  TLS_CHACHA20_POLY1305_SHA256: { since: 'SSL_VERSION_TLS1_3', openSsl: 'TLS_CHACHA20_POLY1305_SHA256' },
  TLS_AES_128_GCM_SHA256: { since: 'SSL_VERSION_TLS1_3', openSsl: 'TLS_AES_128_GCM_SHA256' },
} as const satisfies Readonly<Record<string, { readonly since: TlsVersion; readonly openSsl: string }>>;

/** A value of Avi's `cipher_enums`. */
export type CipherName = keyof typeof ciphers;

export const cipherNames = Object.keys(ciphers) as readonly CipherName[];

const byName = new Map<string, CipherName>([
  ...cipherNames.map((name) => [ciphers[name].openSsl, name] as const),
  ...cipherNames.map((name) => [name, name] as const),
]);

/** By Avi's name, or by OpenSSL's, which Avi has in `accepted_ciphers`; undefined for what Avi does not know. */
export function cipherNamed(name: string): CipherName | undefined {
  return byName.get(name);
}

/** The versions and ciphers that a profile accepts. */
export interface AcceptedTls {
  /** Oldest first; those from the lowest on for which there is a cipher. */
  readonly versions: readonly TlsVersion[];
  /** OpenSSL's names, for versions below TLS 1.3. */
  readonly ciphers: readonly string[];
  /** The same for TLS 1.3. */
  readonly suites: readonly string[];
}

/** Where nothing is said: with forward secrecy only, and SHA-1 only where a version has nothing else. */
const usualCiphers = cipherNames.filter((name) => !name.startsWith('TLS_RSA_'));

/**
 * From TLS 1.2 on unless another version is asked for; a version without any of the ciphers is not accepted. Ciphers that
 * leave no version (`acceptanceProblem`) do not count: the version does.
 */
export function acceptedTls(asked: TlsAcceptance): AcceptedTls {
  const named = acceptedOf(asked, asked.ciphers);
  return named.versions.length > 0 ? named : acceptedOf(asked, undefined);
}

/** Why it would accept nobody; undefined where it accepts somebody. */
export function acceptanceProblem(asked: TlsAcceptance): string | undefined {
  if (acceptedOf(asked, asked.ciphers).versions.length > 0) return undefined;
  return `none of the ciphers is one of ${asked.minTLSVersion ?? lowestUsual} or later`;
}

const lowestUsual = 'SSL_VERSION_TLS1_2';

function acceptedOf(
  { minTLSVersion = lowestUsual }: TlsAcceptance,
  asked: readonly CipherName[] | undefined,
): AcceptedTls {
  const from = tlsVersions.indexOf(minTLSVersion);
  const names = asked ?? usualCiphers.filter((name) => from < 2 || ciphers[name].since !== 'SSL_VERSION_TLS1');
  const versions = tlsVersions.slice(from).filter((version) => names.some((name) => mayUse(version, name)));
  const used = names.filter((name) => versions.some((version) => mayUse(version, name)));
  return {
    versions,
    ciphers: used.filter((name) => !isSuite(name)).map((name) => ciphers[name].openSsl),
    suites: used.filter(isSuite).map((name) => ciphers[name].openSsl),
  };
}

function isSuite(name: CipherName): boolean {
  return ciphers[name].since === 'SSL_VERSION_TLS1_3';
}

/** TLS 1.3 has ciphers of its own. */
function mayUse(version: TlsVersion, name: CipherName): boolean {
  if (isSuite(name)) return version === 'SSL_VERSION_TLS1_3';
  return version !== 'SSL_VERSION_TLS1_3' && tlsVersions.indexOf(version) >= tlsVersions.indexOf(ciphers[name].since);
}
