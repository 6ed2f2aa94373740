/** What is on a controller, in a form in which two runs can be compared. */
import { aviTypes } from '../../src/plan/content/schema.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

const volatile = new Set([
  'uuid',
  'url',
  '_last_modified',
  'ip_address',
  'lastTransitionTime',
  'addresses',
  'observedGeneration',
]);
const withoutUuid = (text: string): string => text.replace(/-[0-9a-f]{8}-[0-9a-f-]{27}/g, '');
/** Without what differs from run to run. */
export const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, inner: unknown) =>
      volatile.has(key) ? undefined : typeof inner === 'string' ? withoutUuid(inner) : inner,
    ),
  );

/** Bodies by type, tenant and name of everything that did not come with the controller, but for what is named. */
export function readObjects(
  simulator: Simulator,
  except: ReadonlySet<string> = new Set(),
): Readonly<Record<string, unknown>> {
  const objects = aviTypes
    .flatMap((type) => simulator.store.list(type))
    .filter(({ system, name }) => system !== true && !except.has(name))
    .map(({ type, tenant, name, body }) => [`${type} ${tenant} ${name}`, plain(body)] as const);
  return Object.fromEntries(objects);
}

/** A line for each object that is missing, left over or another. */
export function differences(
  expected: Readonly<Record<string, unknown>>,
  found: Readonly<Record<string, unknown>>,
): readonly string[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(found)])].flatMap((name) => {
    const [wanted, is] = [JSON.stringify(expected[name]), JSON.stringify(found[name])];
    if (wanted === is) return [];
    if (is === undefined) return [`missing: ${name}`];
    if (wanted === undefined) return [`left over: ${name}`];
    return [`differs: ${name}\n  wanted ${wanted}\n  is     ${is}`];
  });
}
