import { objects, text } from '../document.ts';
import { refuse } from '../errors.ts';
import type { RuleContext } from './rule.ts';

/** Functions whose first argument names an object, as a literal, and the list that must hold it (avi-model.md 2.11). */
const calls: readonly { readonly name: RegExp; readonly list: string; readonly kind: string }[] = [
  { name: /avi\.pool\.\w+\s*\(\s*(["'])([^"'\\\n]*)\1\s*[,)]/g, list: 'pool_refs', kind: 'Pool' },
  { name: /avi\.poolgroup\.\w+\s*\(\s*(["'])([^"'\\\n]*)\1\s*[,)]/g, list: 'pool_group_refs', kind: 'PoolGroup' },
  { name: /avi\.stringgroup\.\w+\s*\(\s*(["'])([^"'\\\n]*)\1\s*[,)]/g, list: 'string_group_refs', kind: 'StringGroup' },
];

/** VSDataScriptSet: every pool, pool group and string group that a script names is also in its reference lists. */
export function dataScriptRule({ draft, store }: RuleContext): void {
  for (const script of objects(draft['datascript'])) {
    const source = text(script['script']) ?? '';
    for (const { name, list, kind } of calls) {
      const listed = namesIn(draft[list], store);
      for (const match of source.matchAll(name)) {
        const wanted = match[2] ?? '';
        if (!listed.has(wanted)) throw refuse(400, `DataScript refers to ${kind} '${wanted}' that is not in ${list}`);
      }
    }
  }
}

function namesIn(references: unknown, store: RuleContext['store']): ReadonlySet<string> {
  const names = new Set<string>();
  for (const reference of Array.isArray(references) ? (references as unknown[]) : []) {
    const object = store.resolve(reference);
    if (object) names.add(object.name);
  }
  return names;
}
