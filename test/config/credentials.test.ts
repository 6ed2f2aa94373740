import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readControllerCa, readCredentials } from '../../src/config/credentials.ts';

function directoryWith(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), 'avi-gateway-credentials-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

describe('readCredentials', () => {
  it('reads a mounted Secret and drops the newline that editors add', () => {
    const directory = directoryWith({ username: 'admin\n', password: 'secret \n' });
    expect(readCredentials({ directory })).toEqual({ username: 'admin', password: 'secret ' });
  });

  it('sees a rotated password without a restart', () => {
    const directory = directoryWith({ username: 'admin', password: 'old' });
    writeFileSync(join(directory, 'password'), 'new');
    expect(readCredentials({ directory }).password).toBe('new');
  });

  it('takes a token in place of a password', () => {
    expect(readCredentials({ directory: directoryWith({ username: 'admin', authtoken: 't' }) })).toEqual({
      username: 'admin',
      token: 't',
    });
  });

  it('falls back to the environment', () => {
    expect(readCredentials({ env: { AVI_USERNAME: 'u', AVI_PASSWORD: 'p' } })).toEqual({
      username: 'u',
      password: 'p',
    });
  });

  it.each([
    [{ password: 'p' }, 'has no username'],
    [{ username: 'u' }, 'neither a password nor an authtoken'],
  ])('says what is missing from %j', (files, message) => {
    expect(() => readCredentials({ directory: directoryWith(files) })).toThrow(message);
  });
});

describe('readControllerCa', () => {
  it('prefers the configured file, then the Secret, then the system', () => {
    const directory = directoryWith({ certificateAuthorityData: 'from secret', 'ca.pem': 'from file' });
    expect(readControllerCa(join(directory, 'ca.pem'), directory)).toBe('from file');
    expect(readControllerCa(undefined, directory)).toBe('from secret');
    expect(readControllerCa(undefined, undefined)).toBeUndefined();
    expect(() => readControllerCa(join(directory, 'none.pem'), undefined)).toThrow('controller.tls.caFile');
  });
});
