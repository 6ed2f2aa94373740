import { stringify } from 'yaml';
import { configSchema } from '../../config/schema.ts';
import { configOfAko } from '../../takeover/ako-config.ts';
import { CommandFailure } from '../../main/failure.ts';
import type { AkoSettings } from './ako-source.ts';

/**
 * AKO's settings as our configuration file; what could not be carried over is in comments above it.
 *
 * @throws CommandFailure when it would not be a configuration: the message names the key.
 */
export function configFileOfAko({ data, secretKeys }: AkoSettings, namespace: string): string {
  const { config, notes } = configOfAko(data, secretKeys, namespace);
  const result = configSchema.safeParse(config);
  if (!result.success) {
    const issues = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new CommandFailure(`AKO's settings do not make a configuration:\n${issues.join('\n')}`, 2);
  }
  return `${notes.map((note) => `# ${note}.\n`).join('')}${stringify(config)}`;
}
