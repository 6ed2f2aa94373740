import { beforeAll, describe, expect, it } from '@jest/globals';
import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import { PemConverter, X509CertificateGenerator } from '@peculiar/x509';
import { createServerCertificate, type ServerCertificate } from '../../../src/simulator/options/certificate.ts';
import { createFixture, refusalOf } from './fixture.ts';

let pair: ServerCertificate;
let other: ServerCertificate;
beforeAll(async () => {
  pair = await createServerCertificate(['a.example.com', '*.b.example.com', '10.0.0.1']);
  other = await createServerCertificate(['other.example.com']);
});

describe('a certificate made here', () => {
  it('verifies against its CA and covers its names', () => {
    const leaf = new X509Certificate(pair.certificate);
    expect(leaf.verify(new X509Certificate(pair.ca).publicKey)).toBe(true);
    expect(leaf.checkIssued(new X509Certificate(pair.ca))).toBe(true);
    expect(leaf.checkHost('x.b.example.com')).toBeDefined();
    expect(leaf.checkIP('10.0.0.1')).toBeDefined();
    expect(leaf.checkHost('other.example.com')).toBeUndefined();
  });
});

describe('a certificate object', () => {
  it('has what the controller reads from the PEM', () => {
    const { make } = createFixture();
    const { body } = make('sslkeyandcertificate', {
      name: 'c',
      certificate: { certificate: pair.certificate },
      key: pair.key,
    });
    expect(body['certificate']).toMatchObject({
      subject: { common_name: 'a.example.com' },
      issuer: { common_name: 'Simulated Avi Controller CA' },
      subject_alt_names: ['a.example.com', '*.b.example.com', '10.0.0.1'],
      not_before: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
      not_after: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
      serial_number: expect.stringMatching(/^\d+$/),
      self_signed: false,
      expiry_status: 'SSL_CERTIFICATE_GOOD',
    });
    expect(body).toMatchObject({
      type: 'SSL_CERTIFICATE_TYPE_VIRTUALSERVICE',
      status: 'SSL_CERTIFICATE_FINISHED',
      key_params: { algorithm: 'SSL_KEY_ALGORITHM_EC', ec_params: { curve: 'SSL_KEY_EC_CURVE_SECP256R1' } },
    });
  });

  it.each([
    [
      'text that is no certificate',
      () => ({ certificate: { certificate: 'hello' }, key: pair.key }),
      /Not a certificate in PEM format/,
    ],
    [
      'a broken PEM block',
      () => ({
        certificate: { certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
        key: pair.key,
      }),
      /not a certificate/,
    ],
    ['no key', () => ({ certificate: { certificate: pair.certificate } }), /key: This field is required/],
    [
      'a key that is none',
      () => ({ certificate: { certificate: pair.certificate }, key: 'hello' }),
      /Not a private key/,
    ],
    ["another's key", () => ({ certificate: { certificate: pair.certificate }, key: other.key }), /does not match/],
    ['no certificate', () => ({ key: pair.key }), /certificate: This field is required/],
  ])('is refused with %s', (_what, body, expected) => {
    const refusal = refusalOf(() => createFixture().make('sslkeyandcertificate', { name: 'c', ...body() }));
    expect(refusal).toMatch(/^400/);
    expect(refusal).toMatch(expected);
    expect(refusal).not.toContain('PRIVATE KEY');
  });

  it('with an RSA key has its size, and with past dates its expiry', async () => {
    const algorithm = {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const notAfter = new Date('2020-01-01');
    const made = await X509CertificateGenerator.createSelfSigned({
      name: 'CN=old',
      notAfter,
      keys,
      signingAlgorithm: algorithm,
    });
    const { body } = createFixture().make('sslkeyandcertificate', {
      name: 'c',
      certificate: { certificate: made.toString('pem') },
      key: PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'),
    });
    expect(body['key_params']).toEqual({
      algorithm: 'SSL_KEY_ALGORITHM_RSA',
      rsa_params: { exponent: 65537, key_size: 'SSL_KEY_2048_BITS' },
    });
    expect(body['certificate']).toMatchObject({ expiry_status: 'SSL_CERTIFICATE_EXPIRED', self_signed: true });
  });

  it('of a CA needs no key', () => {
    const type = 'SSL_CERTIFICATE_TYPE_CA';
    const body = { name: 'ca', type, certificate: { certificate: pair.ca } };
    expect(createFixture().make('sslkeyandcertificate', body).body['certificate']).toMatchObject({ self_signed: true });
  });

  it('keeps its key when an update leaves it out, and only if it still fits', () => {
    const { make, replace } = createFixture();
    make('sslkeyandcertificate', { name: 'c', certificate: { certificate: pair.certificate }, key: pair.key });
    const update = (certificate: string): string =>
      refusalOf(() => replace('sslkeyandcertificate', 'c', { name: 'c', certificate: { certificate } }));
    expect(update(pair.certificate)).toBe('accepted');
    expect(update(other.certificate)).toMatch(/does not match/);
  });

  it('may come in base64', () => {
    const encode = (text: string): string => Buffer.from(text).toString('base64');
    const { body } = createFixture().make('sslkeyandcertificate', {
      name: 'c',
      certificate: { certificate: encode(pair.certificate) },
      certificate_base64: true,
      key: encode(pair.key),
      key_base64: true,
    });
    expect(body['certificate']).toMatchObject({ certificate: pair.certificate });
  });
});

describe('a PKI profile', () => {
  it('reads its CAs', () => {
    const { make } = createFixture();
    const { body } = make('pkiprofile', { name: 'p', crl_check: false, ca_certs: [{ certificate: pair.ca }] });
    expect(body['ca_certs']).toMatchObject([{ subject: { common_name: 'Simulated Avi Controller CA' } }]);
    expect(refusalOf(() => make('pkiprofile', { name: 'q', ca_certs: [{ certificate: 'x' }] }))).toMatch(
      /^400 .*ca_certs/,
    );
  });
});
