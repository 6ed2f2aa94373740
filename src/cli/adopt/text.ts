import { parseRef } from '../../plan/refs.ts';
import type { FieldChange } from '../../plan/operation.ts';
import type { KeptObject, RemovedObject, TakeoverPlan } from '../../takeover/takeover-plan.ts';

/** The plan as text: a summary, then each object. */
export function describeTakeover(plan: TakeoverPlan): string {
  const { kept, created, removed, own, foreign, dedicated } = plan;
  const sections = [
    section('Dedicated mode: made anew, with a new address', dedicated),
    section('Kept, with their uuid', kept.toSorted(byId).map(describeKept)),
    section('Created', created.toSorted()),
    section('Removed', removed.toSorted(byId).map(describeRemoved)),
    section('Ours already, updated', own.toSorted()),
    section(
      'Left as they are: the names are taken by others',
      foreign.map(({ id, message }) => `${id}\n      ${message}`),
    ),
  ];
  const changed = kept.filter(({ changes }) => changes.length > 0).length;
  const summary = `${kept.length} kept (${changed} with changed fields), ${created.length} created, ${removed.length} removed`;
  return [...sections.filter((text) => text !== ''), summary].join('\n\n');
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`${title}:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function describeKept({ id, uuid, changes }: KeptObject): string {
  return [`${id} (${uuid})`, ...changes.map((change) => `    ${describeChange(change)}`)].join('\n');
}

function describeRemoved({ id, uuid, after }: RemovedObject): string {
  return [`${id} (${uuid})`, ...after.map((other) => `    after ${other}`)].join('\n');
}

function describeChange({ path, before, after }: FieldChange): string {
  return `${path}: ${shown(before)} -> ${shown(after)}`;
}

/** References by the name of what they mean. */
function shown(value: unknown): string {
  if (value === undefined) return '(none)';
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'string' && item.includes('/api/') ? (parseRef(item)?.name ?? item) : item,
  );
}
