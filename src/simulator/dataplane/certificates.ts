import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import type { CertificateProgram } from './program/program.ts';
import { errorCode } from './http/errors.ts';

/** What holds for handshakes whatever the certificate. */
export interface HandshakeTerms {
  /** PEM, one certificate each, that clients' certificates are to be from; undefined: none are asked for. */
  readonly authorities: readonly string[] | undefined;
  /** As `tlsCiphers` of a program. */
  readonly ciphers: string | undefined;
}

interface Loaded {
  readonly source: CertificateProgram;
  readonly terms: HandshakeTerms;
  /** Lower case; from the SANs, else the CN. */
  readonly names: readonly string[];
  readonly context: SecureContext;
}

/** The certificates of a parent, ready for handshakes. */
export interface CertificateChoice {
  readonly loaded: readonly Loaded[];
  /** What could not be loaded, in words without key material. */
  readonly problems: readonly string[];
}

function namesOf(pem: string): readonly string[] {
  const certificate = new X509Certificate(pem);
  const names = (certificate.subjectAltName ?? '').split(', ').filter((entry) => entry.startsWith('DNS:'));
  if (names.length > 0) return names.map((entry) => entry.slice('DNS:'.length).toLowerCase());
  const commonName = /^CN=(.*)$/m.exec(certificate.subject)?.[1];
  return commonName === undefined ? [] : [commonName.toLowerCase()];
}

function isSame(a: CertificateProgram, b: CertificateProgram): boolean {
  return a.uuid === b.uuid && a.certificate === b.certificate && a.key === b.key;
}

/** The TLS option for authorities (PEM, one certificate each); what cannot be read is left out, and trusts nobody. */
export function trusting(authorities: readonly string[] | undefined): { readonly ca?: string[] } {
  return authorities ? { ca: authorities.filter(isCertificate) } : {};
}

/** The TLS options for them. */
export function tlsTerms({ authorities, ciphers }: HandshakeTerms): {
  readonly ca?: string[];
  readonly ciphers?: string;
} {
  return { ...trusting(authorities), ...(ciphers !== undefined && { ciphers }) };
}

/** Whether any of the ciphers is known. */
export function areUsable(ciphers: string | undefined): boolean {
  try {
    createSecureContext(ciphers === undefined ? {} : { ciphers });
    return true;
  } catch {
    return false;
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== '';
  } catch {
    return false;
  }
}

/** Loads certificates; those that `previous` already has are taken over. One that is malformed hurts only itself. */
export function loadCertificates(
  sources: readonly CertificateProgram[],
  previous: CertificateChoice | undefined,
  terms: HandshakeTerms,
): CertificateChoice {
  const known = new Map(previous?.loaded.map((entry) => [entry.source.uuid, entry]));
  const loaded: Loaded[] = [];
  const problems: string[] = [];
  for (const source of sources) {
    const old = known.get(source.uuid);
    if (old && isSame(old.source, source) && isDeepStrictEqual(old.terms, terms)) {
      loaded.push(old);
      continue;
    }
    try {
      loaded.push({
        source,
        terms,
        names: namesOf(source.certificate),
        context: createSecureContext({ cert: source.certificate, key: source.key, ...tlsTerms(terms) }),
      });
    } catch (error) {
      const reason = errorCode(error) || 'malformed';
      problems.push(`certificate ${source.uuid} cannot be used: ${reason}`);
    }
  }
  return { loaded, problems };
}

/** The certificate for a server name: exact name, then a wildcard for one label, then the first certificate. */
export function certificateFor(choice: CertificateChoice, serverName: string): Loaded | undefined {
  const name = serverName.toLowerCase();
  const wildcard = `*${name.slice(name.indexOf('.'))}`;
  const exact = choice.loaded.find((entry) => entry.names.includes(name));
  return (
    exact ?? choice.loaded.find((entry) => name.includes('.') && entry.names.includes(wildcard)) ?? choice.loaded[0]
  );
}
