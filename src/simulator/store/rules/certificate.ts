import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { isObject, text, type Draft } from '../document.ts';
import { refuseField } from '../errors.ts';
import type { RuleContext } from './rule.ts';

/** SSLKeyAndCertificate: what the controller reads from the PEM, and the key's match (avi-model.md 2.7). */
export function certificateRule(context: RuleContext): void {
  const { draft, previous } = context;
  if (draft['format'] === 'SSL_PKCS12')
    throw refuseField('format', 'format: SSL_PKCS12 is not accepted here, use SSL_PEM.');
  draft['key'] ??= previous?.body['key'];
  if (draft['key'] === undefined) delete draft['key'];
  const section = draft['certificate'];
  if (!isObject(section)) throw refuseField('certificate', 'certificate: This field is required.');
  if (section['certificate_signing_request'] !== undefined && section['certificate'] === undefined) return;
  const pem = decoded(text(section['certificate']) ?? '', draft['certificate_base64']);
  const certificate = parseCertificate('certificate', pem);
  draft['certificate'] = { ...section, certificate: pem, ...describe(certificate, context.now) };
  draft['certificate_base64'] = false;
  draft['type'] ??= 'SSL_CERTIFICATE_TYPE_VIRTUALSERVICE';
  checkKey(draft, certificate);
  draft['key_params'] = keyParameters(certificate.publicKey);
}

/** PKIProfile: each CA certificate is read. */
export function pkiProfileRule({ draft, now }: RuleContext): void {
  if (!Array.isArray(draft['ca_certs'])) return;
  draft['ca_certs'] = (draft['ca_certs'] as unknown[]).map((entry) => {
    if (!isObject(entry)) return entry;
    return { ...entry, ...describe(parseCertificate('ca_certs', text(entry['certificate']) ?? ''), now) };
  });
}

function decoded(value: string, base64: unknown): string {
  return base64 === true ? Buffer.from(value, 'base64').toString('utf8') : value;
}

function parseCertificate(field: string, pem: string): X509Certificate {
  if (!pem.includes('-----BEGIN CERTIFICATE-----'))
    throw refuseField(field, `${field}: Not a certificate in PEM format.`);
  try {
    return new X509Certificate(pem);
  } catch {
    throw refuseField(field, `${field}: The PEM block is not a certificate.`);
  }
}

function checkKey(draft: Draft, certificate: X509Certificate): void {
  const pem = text(draft['key']);
  if (!pem) {
    if (draft['type'] === 'SSL_CERTIFICATE_TYPE_CA') return;
    throw refuseField('key', 'key: This field is required.');
  }
  const key = parseKey(decoded(pem, draft['key_base64']), text(draft['key_passphrase']));
  if (!certificate.checkPrivateKey(key))
    throw refuseField('key', 'key: The private key does not match the certificate.');
}

function parseKey(pem: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch {
    throw refuseField('key', 'key: Not a private key in PEM format.');
  }
}

const dayMs = 86_400_000;

function describe(certificate: X509Certificate, now: Date): Record<string, unknown> {
  const days = Math.floor((certificate.validToDate.getTime() - now.getTime()) / dayMs);
  const names = alternativeNames(certificate.subjectAltName);
  return {
    subject: nameParts(certificate.subject),
    issuer: nameParts(certificate.issuer),
    not_before: timestamp(certificate.validFromDate),
    not_after: timestamp(certificate.validToDate),
    serial_number: BigInt(`0x${certificate.serialNumber}`).toString(),
    fingerprint: `SHA1 Fingerprint=${certificate.fingerprint}`,
    self_signed: certificate.subject === certificate.issuer,
    public_key: certificate.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    days_until_expire: Math.max(1, Math.min(3650, days)),
    expiry_status:
      days < 0 ? 'SSL_CERTIFICATE_EXPIRED' : days < 30 ? 'SSL_CERTIFICATE_EXPIRY_WARNING' : 'SSL_CERTIFICATE_GOOD',
    ...(names.length > 0 ? { subject_alt_names: names } : {}),
  };
}

const nameFields: Readonly<Record<string, string>> = {
  CN: 'common_name',
  O: 'organization',
  OU: 'organization_unit',
  L: 'locality',
  ST: 'state',
  C: 'country',
  emailAddress: 'email_address',
};

function nameParts(name: string | undefined): Record<string, string> {
  const parts = (name ?? '').split('\n').filter(Boolean);
  const result: Record<string, string> = { distinguished_name: parts.join(', ') };
  for (const part of parts) {
    const equals = part.indexOf('=');
    const field = nameFields[part.slice(0, equals)];
    if (field) result[field] = part.slice(equals + 1);
  }
  return result;
}

function alternativeNames(value: string | undefined): readonly string[] {
  return (value ?? '')
    .split(', ')
    .map((entry) => entry.slice(entry.indexOf(':') + 1))
    .filter(Boolean);
}

function timestamp(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}

function keyParameters(key: KeyObject): Record<string, unknown> {
  if (key.asymmetricKeyType === 'ec') {
    const curves: Readonly<Record<string, string>> = { secp384r1: 'SECP384R1', secp521r1: 'SECP521R1' };
    const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 'SECP256R1';
    return { algorithm: 'SSL_KEY_ALGORITHM_EC', ec_params: { curve: `SSL_KEY_EC_CURVE_${curve}` } };
  }
  const size = key.asymmetricKeyDetails?.modulusLength ?? 2048;
  const exponent = Number(key.asymmetricKeyDetails?.publicExponent ?? 65537n);
  return { algorithm: 'SSL_KEY_ALGORITHM_RSA', rsa_params: { exponent, key_size: `SSL_KEY_${size}_BITS` } };
}
