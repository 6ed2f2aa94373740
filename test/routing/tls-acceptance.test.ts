/** Which versions and ciphers an SSL profile of our own accepts. */
import { readFileSync } from 'node:fs';
import { getCiphers } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  acceptanceProblem,
  acceptedTls,
  cipherNames,
  tlsVersions,
} from '../../src/routing/extensions/tls-acceptance.ts';

const asked = fc.record(
  {
    minTLSVersion: fc.constantFrom(...tlsVersions),
    ciphers: fc.uniqueArray(fc.constantFrom(...cipherNames), { minLength: 1 }),
  },
  { requiredKeys: [] },
);

describe('what clients may use', () => {
  it('is TLS 1.2 or later with forward secrecy where only that is said', () => {
    const { versions, ciphers, suites } = acceptedTls({ minTLSVersion: 'SSL_VERSION_TLS1_2' });
    expect(versions).toEqual(['SSL_VERSION_TLS1_2', 'SSL_VERSION_TLS1_3']);
    expect(ciphers).toHaveLength(8);
    expect(ciphers.every((name) => /^ECDHE-.*-SHA(256|384)$/.test(name))).toBe(true);
    expect(suites).toHaveLength(3);
  });

  it('has ciphers for TLS 1.0 and 1.1 where these are let in', () => {
    expect(acceptedTls({ minTLSVersion: 'SSL_VERSION_TLS1' }).ciphers).toContain('ECDHE-RSA-AES128-SHA');
    expect(acceptedTls({ minTLSVersion: 'SSL_VERSION_TLS1_3' })).toMatchObject({
      versions: ['SSL_VERSION_TLS1_3'],
      ciphers: [],
    });
  });

  it('is nothing but the ciphers that are named, and no version without one', () => {
    expect(acceptedTls({ ciphers: ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'] })).toEqual({
      versions: ['SSL_VERSION_TLS1_2'],
      ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'],
      suites: [],
    });
    expect(acceptedTls({ minTLSVersion: 'SSL_VERSION_TLS1', ciphers: ['TLS_AES_128_GCM_SHA256'] }).versions).toEqual([
      'SSL_VERSION_TLS1_3',
    ]);
  });

  it('cannot be nothing at all', () => {
    const none = { minTLSVersion: 'SSL_VERSION_TLS1_3', ciphers: ['TLS_RSA_WITH_AES_128_CBC_SHA'] } as const;
    expect(acceptanceProblem(none)).toBe('none of the ciphers is one of SSL_VERSION_TLS1_3 or later');
    expect(acceptedTls(none)).toEqual(acceptedTls({ minTLSVersion: 'SSL_VERSION_TLS1_3' }));
    expect(acceptanceProblem({ ciphers: ['TLS_AES_128_GCM_SHA256'] })).toBeUndefined();
  });

  it('has a cipher for every version, and keeps to what was asked', () => {
    fc.assert(
      fc.property(asked, (wanted) => {
        const { versions, ciphers, suites } = acceptedTls(wanted);
        const lowest = tlsVersions.indexOf(wanted.minTLSVersion ?? 'SSL_VERSION_TLS1_2');
        expect(versions.every((version) => tlsVersions.indexOf(version) >= lowest)).toBe(true);
        expect(versions.includes('SSL_VERSION_TLS1_3')).toBe(suites.length > 0);
        expect(versions.some((version) => version !== 'SSL_VERSION_TLS1_3')).toBe(ciphers.length > 0);
        expect(versions.length).toBeGreaterThan(0);
        if (wanted.ciphers && acceptanceProblem(wanted) === undefined)
          expect(ciphers.length + suites.length).toBeLessThanOrEqual(wanted.ciphers.length);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('is named as Avi names it, and as OpenSSL does', () => {
    const swagger = readFileSync(new URL('../../generated/avi.schema.json', import.meta.url), 'utf8');
    expect(cipherNames.filter((name) => !swagger.includes(name))).toEqual([]);
    const { ciphers, suites } = acceptedTls({ minTLSVersion: 'SSL_VERSION_TLS1', ciphers: cipherNames });
    const known = new Set(getCiphers());
    expect([...ciphers, ...suites].map((name) => name.toLowerCase()).filter((name) => !known.has(name))).toEqual([
      'des-cbc3-sha',
    ]);
  });
});
