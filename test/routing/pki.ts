/** Real certificates for tests, made with WebCrypto. */
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';
import type { Secret } from '../../src/routing/snapshot.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** A self-signed certificate with its PKCS#8 key, both PEM. */
export async function selfSigned(names: readonly string[], notAfter = '2030-01-01T00:00:00Z'): Promise<Pair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${names[0] ?? 'test'}`,
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notAfter: new Date(notAfter),
    keys,
    signingAlgorithm: algorithm,
    extensions:
      names.length > 1
        ? [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))]
        : [],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificate: `${certificate.toString('pem')}\n`, key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}

export function tlsSecret(name: string, data: Readonly<Record<string, string>>, namespace = 'default'): Secret {
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return {
    metadata: { name, namespace },
    type: 'kubernetes.io/tls',
    data: Object.fromEntries(encoded) as Record<string, string>,
  };
}

export function pairSecret(name: string, pair: Pair, namespace = 'default'): Secret {
  return tlsSecret(name, { 'tls.crt': pair.certificate, 'tls.key': pair.key }, namespace);
}
