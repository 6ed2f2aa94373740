/** Rules that no object refers to, each by itself: whether what they name is there, and what they ask for in vain. */
import { splitKey } from '../../values/read.ts';
import type { AttachedKind } from '../extensions/extension-kinds.ts';
import type { ExtensionSnapshot } from '../extensions/extension-objects.ts';
import type { JudgedSettings } from '../extensions/judged-settings.ts';
import { duplicateOf } from './fqdn-index.ts';
import type { FqdnRead } from './fqdn-read.ts';
import { readHostRule } from './host-rule.ts';
import { readL4Rule } from '../extensions/l4-rule.ts';
import { readHttpRule } from './http-rule.ts';
import { readSsoRule } from './sso-rule.ts';

/** The parameters are those of `judgeSettings`. */
export function judgeAttached(
  kind: AttachedKind,
  key: string,
  snapshot: ExtensionSnapshot,
  missing: ReadonlySet<string>,
): JudgedSettings {
  const read = readAttached(kind, key, snapshot, missing);
  if (!read) return { named: [], failures: [], ignored: [] };
  const duplicate = kind === 'L4Rule' ? undefined : duplicateOf(kind, key, snapshot.extensions);
  const refused = [...(duplicate === undefined ? [] : [duplicate]), ...read.refused];
  return {
    named: read.named,
    failures: [
      ...read.failures.map((message) => ({ reason: 'BackendNotFound', message })),
      ...refused.map((message) => ({ reason: 'UnsupportedValue', message })),
    ],
    ignored: read.ignored,
  };
}

function readAttached(
  kind: AttachedKind,
  key: string,
  snapshot: ExtensionSnapshot,
  missing: ReadonlySet<string>,
): Pick<FqdnRead, 'named' | 'failures' | 'refused' | 'ignored'> | undefined {
  const sources = { snapshot, missing, onInvalid: 'fail' } as const;
  const { extensions } = snapshot;
  switch (kind) {
    case 'HostRule': {
      const resource = extensions.HostRule.get(key);
      return resource && readHostRule(resource, splitKey(key).namespace, sources);
    }
    case 'HTTPRule': {
      const resource = extensions.HTTPRule.get(key);
      return resource && readHttpRule(resource, key, sources);
    }
    case 'SSORule': {
      const resource = extensions.SSORule.get(key);
      return resource && readSsoRule(resource, splitKey(key).namespace, sources);
    }
    case 'L4Rule': {
      const resource = extensions.L4Rule.get(key);
      return resource && { ...readL4Rule(resource, splitKey(key).namespace, sources), ignored: [] };
    }
  }
}
