import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { deviations, type NameKind } from './deviations.ts';
import { caseNames, goldenDirectory, record } from './harness.ts';

interface AviObject {
  readonly type: string;
  readonly body: { readonly name: string; readonly type?: string };
}
type Names = Readonly<Record<NameKind, readonly string[]>>;

const read = (name: string, file: string) => readFileSync(join(goldenDirectory, name, file), 'utf8');

function namesOf(objects: readonly AviObject[]): Names {
  const names = (wanted: (object: AviObject) => boolean) =>
    objects
      .filter(wanted)
      .map((object) => object.body.name)
      .sort();
  return {
    parents: names(({ type, body }) => type === 'virtualservice' && body.type !== 'VS_TYPE_VH_CHILD'),
    children: names(({ type, body }) => type === 'virtualservice' && body.type === 'VS_TYPE_VH_CHILD'),
    poolGroups: names(({ type }) => type === 'poolgroup'),
    pools: names(({ type }) => type === 'pool'),
    certificates: names(({ type }) => type === 'sslkeyandcertificate'),
  };
}

describe('golden cases', () => {
  it.each(caseNames)('%s renders as recorded', async (name) => {
    const { avi, status } = await record(name);
    expect(avi).toBe(read(name, 'avi.json'));
    expect(status).toBe(read(name, 'status.yaml'));
  });
});

describe("AKO's names", () => {
  const compared = caseNames.filter((name) => existsSync(join(goldenDirectory, name, 'ako-names.json')));

  it.each(compared)('%s has the same, but for the listed deviations', (name) => {
    const theirs = JSON.parse(read(name, 'ako-names.json')) as Names;
    const ours = namesOf(JSON.parse(read(name, 'avi.json')) as AviObject[]);
    for (const kind of Object.keys(theirs) as NameKind[]) {
      const deviation = deviations[name]?.names[kind];
      const missing = theirs[kind].filter((each) => !ours[kind].includes(each));
      const added = ours[kind].filter((each) => !theirs[kind].includes(each));
      expect({ kind, missing: missing.length, added: added.length }).toEqual({
        kind,
        missing: deviation?.missing ?? 0,
        added: deviation?.added ?? 0,
      });
    }
  });

  it('lists no deviation for a case that does not exist', () => {
    expect(Object.keys(deviations).filter((name) => !compared.includes(name))).toEqual([]);
  });
});
