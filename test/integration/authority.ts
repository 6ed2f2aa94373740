/** A private CA, and certificates of every quality. */
import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type Extension,
  type X509Certificate,
} from '@peculiar/x509';

/** A certificate with what is needed to sign others. */
interface Signed {
  readonly certificate: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

export interface Pair {
  /** PEM, the issuers behind the leaf. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

export interface Authority {
  /** PEM of the root. */
  readonly root: string;
  /** An intermediate with the root behind it, as the Secret of a CA issuer holds it. */
  readonly intermediate: Pair;
  /** A certificate of the root. */
  issue(host: string, notAfter: Date): Promise<Pair>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 86_400_000;

/** Makes a root with an intermediate. */
export async function makeAuthority(): Promise<Authority> {
  cryptoProvider.set(crypto);
  const root = await sign('root of the neighbours', [new BasicConstraintsExtension(true, undefined, true), signer()]);
  const intermediate = await sign(
    'intermediate of the neighbours',
    [new BasicConstraintsExtension(true, 0, true), signer()],
    root,
  );
  return {
    root: root.certificate.toString('pem'),
    intermediate: await pair(intermediate, root),
    issue: async (host, notAfter) => {
      const names = new SubjectAlternativeNameExtension([{ type: 'dns', value: host }]);
      return pair(await sign(host, [names], root, notAfter));
    },
  };
}

const signer = () => new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true);

async function sign(
  name: string,
  extensions: readonly Extension[],
  issuer?: Signed,
  notAfter = new Date(Date.now() + 30 * day),
): Promise<Signed> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const shared = {
    notBefore: new Date(Date.now() - 2 * day),
    notAfter,
    signingAlgorithm: algorithm,
    extensions: [...extensions],
  };
  const certificate = issuer
    ? await X509CertificateGenerator.create({
        ...shared,
        subject: `CN=${name}`,
        issuer: issuer.certificate.subject,
        publicKey: keys.publicKey,
        signingKey: issuer.keys.privateKey,
      })
    : await X509CertificateGenerator.createSelfSigned({ ...shared, name: `CN=${name}`, keys });
  return { certificate, keys };
}

async function pair({ certificate, keys }: Signed, ...issuers: readonly Signed[]): Promise<Pair> {
  const chain = [certificate, ...issuers.map((issuer) => issuer.certificate)];
  return {
    certificate: chain.map((item) => item.toString('pem')).join('\n'),
    key: PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'),
  };
}
