import { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { ClientCertificates } from './program/program.ts';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const LONGEST_CHAIN = 8;

/**
 * What a TLS server is told of the authorities. Where certificates are only requested it knows none and asks for any, and
 * `isWelcome` judges: OpenSSL ends a connection after a wrong signature, also one that was to go on.
 */
export function handshakeAuthorities(clients: ClientCertificates | undefined): readonly string[] | undefined {
  return clients?.mode === 'request' ? [] : clients?.authorities;
}

/** Whether a client may stay whose handshake has succeeded. */
export function isWelcome(socket: unknown, clients: ClientCertificates | undefined, allowsInvalid: boolean): boolean {
  if (clients?.mode !== 'request' || allowsInvalid || !(socket instanceof TLSSocket)) return true;
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined || isVouchedFor(certificate, clients.authorities.flatMap(parse));
}

function isVouchedFor(leaf: X509Certificate, authorities: readonly X509Certificate[]): boolean {
  if (leaf.keyUsage !== undefined && !leaf.keyUsage.includes(CLIENT_AUTH)) return false;
  let certificate = leaf;
  for (let length = 0; length < LONGEST_CHAIN && isInTime(certificate); length++) {
    const issued = certificate;
    if (authorities.some((authority) => isInTime(authority) && isIssuer(authority, issued))) return true;
    const next = certificate.issuerCertificate;
    if (!next || !isIssuer(next, certificate)) return false;
    certificate = next;
  }
  return false;
}

function isIssuer(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isInTime({ validFromDate, validToDate }: X509Certificate): boolean {
  return validFromDate.getTime() <= Date.now() && Date.now() <= validToDate.getTime();
}

function parse(pem: string): readonly X509Certificate[] {
  try {
    return [new X509Certificate(pem)];
  } catch {
    return [];
  }
}
