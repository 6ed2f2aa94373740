import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config.ts';

/** How to log in: a password or a user token. Never to be logged. */
export interface Credentials {
  readonly username: string;
  readonly password?: string;
  readonly token?: string;
}

/** Where credentials come from. The YAML file is no source on purpose. */
export interface CredentialSources {
  /** A mounted Secret: files `username` and `password` or `authtoken`, as AKO's `avi-secret` names them. */
  readonly directory?: string;
  /** `AVI_USERNAME`, `AVI_PASSWORD`, `AVI_AUTHTOKEN`; used when there is no directory. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

function readOptional(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return text === '' ? undefined : text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError(`credentials: ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function assemble(
  source: string,
  username: string | undefined,
  password: string | undefined,
  token: string | undefined,
): Credentials {
  if (!username) throw new ConfigError(`credentials: ${source} has no username`);
  if (!password && !token) throw new ConfigError(`credentials: ${source} has neither a password nor an authtoken`);
  return { username, ...(password && { password }), ...(token && { token }) };
}

/**
 * Reads the controller's credentials. Called again for each login, so that a rotated Secret needs no restart.
 *
 * @throws ConfigError that says which file or variable is missing.
 */
export function readCredentials(sources: CredentialSources): Credentials {
  const { directory, env = {} } = sources;
  if (directory) {
    const part = (name: string) => readOptional(join(directory, name));
    return assemble(`directory ${directory}`, part('username'), part('password'), part('authtoken'));
  }
  return assemble(
    'the environment (AVI_USERNAME with AVI_PASSWORD or AVI_AUTHTOKEN; or set controller.credentialsDir)',
    env.AVI_USERNAME,
    env.AVI_PASSWORD,
    env.AVI_AUTHTOKEN,
  );
}

/**
 * PEM of the authorities that the controller's certificate is verified against: `controller.tls.caFile`, else the
 * Secret's `certificateAuthorityData` (as AKO has it), else undefined, which means the system's.
 */
export function readControllerCa(caFile: string | undefined, directory: string | undefined): string | undefined {
  if (caFile) {
    const pem = readOptional(caFile);
    if (!pem) throw new ConfigError(`controller.tls.caFile: ${caFile} does not exist or is empty`);
    return pem;
  }
  return directory ? readOptional(join(directory, 'certificateAuthorityData')) : undefined;
}
