/**
 * Serving certificates from Secrets: PEM is checked, brought into one form, and the key must belong to the leaf. What
 * certificate authorities and tools really write is accepted: other line endings, text around the blocks,
 * `EC PARAMETERS` before the key.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isWildcard } from '../../values/hostnames.ts';
import { record, text } from '../../values/read.ts';
import type { Certificate } from '../result/routed-listener.ts';
import type { Secret } from '../snapshot.ts';

/** A certificate, or why the Secret holds none. */
export type ParsedSecret = { readonly certificate: Certificate } | { readonly problem: string };

const certificateBlock = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
const certificateStart = /-----BEGIN CERTIFICATE-----/g;
const keyBlock = /-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----[A-Za-z0-9+/=\s]+-----END \1-----/;

/** Parsing is by far the dearest step of the routing; a Secret that did not change is the same object. */
const parsed = new WeakMap<Secret, ParsedSecret>();

/**
 * @param namespace of the Secret, as its key says
 * @param name of the Secret, as its key says
 */
export function parseSecret(secret: Secret, namespace: string, name: string): ParsedSecret {
  const known = parsed.get(secret);
  if (known) return known;
  const result = read(secret, namespace, name);
  parsed.set(secret, result);
  return result;
}

/** Whether a certificate's names cover a listener's hostname; a wildcard stands for one label only (RFC 6125). */
export function certificateCovers(dnsNames: readonly string[], hostname: string): boolean {
  const wider = hostname.slice(hostname.indexOf('.'));
  return dnsNames.some((name) => name === hostname || (!isWildcard(hostname) && name === `*${wider}`));
}

/** Whether the certificate's time is over at `now` (RFC 3339). */
export function isExpired(certificate: Certificate, now: string): boolean {
  return Date.parse(certificate.notAfter) < Date.parse(now);
}

/** The certificates of a PEM bundle, one text each; undefined when there is none or one cannot be read. */
export function readAuthorities(bundle: string): readonly string[] | undefined {
  const blocks = bundle.match(certificateBlock) ?? [];
  const isComplete = blocks.length > 0 && blocks.length === (bundle.match(certificateStart) ?? []).length;
  return isComplete && blocks.every((block) => parseCertificate(block)) ? blocks.map(normalize) : undefined;
}

function read(secret: Secret, namespace: string, name: string): ParsedSecret {
  const where = `Secret ${namespace}/${name}`;
  const data = record(secret.data);
  const certificateText = decode(data['tls.crt']);
  const keyText = decode(data['tls.key']);
  if (certificateText === undefined) return { problem: `${where} has no data tls.crt` };
  if (keyText === undefined) return { problem: `${where} has no data tls.key` };

  const blocks = certificateText.match(certificateBlock) ?? [];
  const complete = blocks.length > 0 && blocks.length === (certificateText.match(certificateStart) ?? []).length;
  const chain = complete ? blocks.map(parseCertificate) : [];
  const leaf = chain[0];
  if (!leaf || chain.includes(undefined)) return { problem: `${where}: tls.crt is not a PEM certificate` };

  const key = keyBlock.exec(keyText)?.[0];
  const privateKey = key === undefined ? undefined : parseKey(normalize(key));
  if (key === undefined || !privateKey) return { problem: `${where}: tls.key is not an unencrypted PEM private key` };
  if (!leaf.checkPrivateKey(privateKey)) {
    return { problem: `${where}: tls.key does not belong to the first certificate of tls.crt` };
  }
  return {
    certificate: {
      secretNamespace: namespace,
      secretName: name,
      certificate: blocks.map(normalize).join(''),
      key: normalize(key),
      dnsNames: dnsNamesOf(leaf),
      notAfter: leaf.validToDate.toISOString(),
    },
  };
}

function decode(value: unknown): string | undefined {
  const encoded = text(value);
  return encoded ? Buffer.from(encoded, 'base64').toString('utf8') : undefined;
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(normalize(pem));
  } catch {
    return undefined;
  }
}

function parseKey(pem: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/** One PEM block with `\n` as line ending, no blank around lines, and a final line ending. */
function normalize(block: string): string {
  const lines = block.split(/[\r\n]+/).map((line) => line.trim());
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

function dnsNamesOf(certificate: X509Certificate): readonly string[] {
  const alternative = (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((entry) => entry.startsWith('DNS:'))
    .map((entry) => entry.slice('DNS:'.length).toLowerCase());
  if (alternative.length > 0) return alternative;
  const common = (certificate.subject ?? '').split('\n').find((line) => line.startsWith('CN='));
  return common ? [common.slice('CN='.length).toLowerCase()] : [];
}
