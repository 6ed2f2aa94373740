/** Manifests whose every text is hostile: nothing breaks, and no value becomes code or structure on the controller. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { admit } from '../../src/cluster/admission.ts';
import { parseManifests } from '../../src/cluster/manifests.ts';
import { createClusterState } from '../../src/cluster/state.ts';
import { watchedKinds, type WatchedKind, type WatchedObjects } from '../../src/cluster/kinds.ts';
import { evaluateSnapshot } from '../../src/cli/offline.ts';
import { installedClass } from '../../src/main/installed-class.ts';
import { loadConfig } from '../../src/config.ts';
import { OFFLINE_SITE } from '../../src/main/settings.ts';
import type { AviObject } from '../../src/translate/desired.ts';
import { changes, damage, hostileText, hostileValue, isText, marker } from './hostile.ts';
import { fuzz, testMs } from './run.ts';

const golden = join(import.meta.dirname, '..', 'golden');
const now = '2026-01-01T00:00:00Z';
const config = loadConfig({ flags: { clusterName: 'c1', vipNetworks: [{ networkName: 'net', cidr: '10.0.0.0/24' }] } });

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

let cases: readonly (readonly Document[])[] = [];
beforeAll(() => {
  cases = readdirSync(golden)
    .filter((name) => /^[0-9s]/.test(name) && !name.includes('.'))
    .map((name) => parseAllDocuments(readFileSync(join(golden, name, 'in.yaml'), 'utf8')))
    .map((documents) => documents.map((document) => document.toJS() as Document).filter(Boolean));
});

function inspect({ type, name, body }: AviObject): void {
  const check = (value: unknown, path: string): void => {
    if (typeof value === 'string' && type === 'httppolicyset' && /[\r\n\0]/.test(value))
      throw new Error(`${type} ${name} has a line break in ${path}: ${JSON.stringify(value)}`);
    if (value !== null && typeof value === 'object')
      for (const [key, item] of Object.entries(value)) check(item, `${path}.${key}`);
  };
  // Markers are the operator's own memory and no part of an answer.
  const { markers: _, ...served } = body;
  check(served, '');
  if (type !== 'vsdatascriptset') return;
  for (const { script } of body.datascript as readonly { readonly script: string }[]) {
    const code = script.replace(/"(?:[^"\\\n]|\\\d{3})*"/g, '""');
    if (code.includes(marker)) throw new Error(`${name} has a value outside of a literal:\n${script}`);
    if (/""[A-Za-z]|[^\\]"[^"]/.test(code.replaceAll('""', '')))
      throw new Error(`${name} has an open literal:\n${script}`);
  }
}

function evaluate(objects: readonly (readonly [WatchedKind, unknown])[]): readonly AviObject[] {
  const state = createClusterState();
  state.put('GatewayClass', installedClass(config.controllerName));
  for (const [kind, object] of objects) state.put(kind, object as WatchedObjects[WatchedKind]);
  const { desired, statuses, problems } = evaluateSnapshot(state.snapshot(), config, OFFLINE_SITE);
  JSON.stringify([statuses, problems]);
  for (const { message } of statuses.flatMap(
    ({ status }) => (status?.conditions ?? []) as readonly { message: string }[],
  ))
    expect(message.length).toBeLessThanOrEqual(32_768);
  return desired.flatMap((one) => one.objects);
}

const kindOf = (kind: string): WatchedKind | undefined => watchedKinds.find((known) => known === kind);

describe('manifests', () => {
  it(
    'that the API server would admit',
    () =>
      fuzz('admitted manifests', fc.tuple(fc.nat(), changes(hostileText)), ([place, made]) => {
        const damaged = damage(cases[place % cases.length], made, isText) as readonly Document[];
        const admitted = damaged.flatMap((document) => admit(document, 'fuzz', now).admitted ?? []);
        for (const object of evaluate(admitted.map(({ kind, object }) => [kind, object] as const))) inspect(object);
      }),
    testMs,
  );

  it(
    'of any shape, refused or not',
    () =>
      fuzz('manifests of any shape', fc.tuple(fc.nat(), changes(hostileValue, 8)), ([place, made]) => {
        const damaged = damage(cases[place % cases.length], made, () => true);
        for (const document of Array.isArray(damaged) ? (damaged as unknown[]) : [damaged])
          admit(document, 'fuzz', now);
      }),
    testMs,
  );

  it(
    'that reach the routing with any text in them, as if a CRD had let them',
    () =>
      fuzz('unadmitted texts', fc.tuple(fc.nat(), changes(hostileText, 8)), ([place, made]) => {
        const documents = (cases[place % cases.length] ?? []).filter(({ kind }) => kindOf(kind));
        const specs = documents.map(({ metadata, ...rest }) => ({ metadata, rest }));
        const damaged = damage(
          specs.map(({ rest }) => rest),
          made,
          isText,
        ) as readonly { readonly kind: string }[];
        const objects = damaged.flatMap((rest, index) => {
          const { metadata } = specs[index] ?? {};
          const kind = kindOf(documents[index]?.kind ?? '');
          return kind && metadata
            ? [[kind, { ...rest, metadata: { ...metadata, creationTimestamp: now } }] as const]
            : [];
        });
        for (const object of evaluate(objects)) inspect(object);
      }),
    testMs,
  );

  it(
    'as text of any kind',
    () =>
      fuzz('YAML', fc.array(hostileText, { maxLength: 6 }), (parts) => {
        const text = parts.join('\n');
        for (const { value } of parseManifests([{ name: 'a.yaml', text }]).documents) admit(value, 'fuzz', now);
      }),
    testMs,
  );
});
