import type { EvhOrder, VirtualServiceProgram } from '../program/program.ts';
import { linkProgram, withChildren, type Program } from '../decide/virtual-host.ts';

interface Family {
  parent?: VirtualServiceProgram;
  readonly children: Map<string, VirtualServiceProgram>;
  /** Children that `linked` does not have in their present version. */
  readonly changed: Set<string>;
  linked?: Program;
}

/** Parents with their children, in whatever order they come and go. */
export interface Families {
  /** Takes note of a virtual service's new version; undefined: it does not exist. */
  readonly update: (
    uuid: string,
    before: VirtualServiceProgram | undefined,
    after: VirtualServiceProgram | undefined,
  ) => void;
  /** The linked program of a parent or stand-alone virtual service. Changes are linked here, all at once. */
  readonly programOf: (uuid: string) => Program | undefined;
}

const parentOf = (program: VirtualServiceProgram | undefined): string | undefined =>
  program?.kind === 'child' ? program.parentUuid : undefined;

/** Creates the empty set. */
export function createFamilies(evhOrder: EvhOrder): Families {
  const families = new Map<string, Family>();

  const edit = (uuid: string, change: (family: Family) => void): void => {
    const family: Family = families.get(uuid) ?? { children: new Map(), changed: new Set() };
    change(family);
    if (family.parent || family.children.size > 0) families.set(uuid, family);
    else families.delete(uuid);
  };

  const setChild = (parent: string, uuid: string, child: VirtualServiceProgram | undefined): void =>
    edit(parent, (family) => {
      family.changed.add(uuid);
      if (child) family.children.set(uuid, child);
      else family.children.delete(uuid);
    });

  return {
    update: (uuid, before, after) => {
      const from = parentOf(before);
      const to = parentOf(after);
      if (from !== undefined && from !== to) setChild(from, uuid, undefined);
      if (to !== undefined) setChild(to, uuid, after);
      edit(uuid, (family) => {
        if (after && after.kind !== 'child') family.parent = after;
        else delete family.parent;
      });
    },
    programOf: (uuid) => {
      const family = families.get(uuid);
      if (!family?.parent) return undefined;
      family.linked ??= linkProgram(family.parent, [], evhOrder);
      if (family.linked.parent !== family.parent) family.linked = { ...family.linked, parent: family.parent };
      if (family.changed.size > 0) {
        const changes = new Map([...family.changed].map((child) => [child, family.children.get(child)]));
        family.linked = withChildren(family.linked, changes);
        family.changed.clear();
      }
      return family.linked;
    },
  };
}
