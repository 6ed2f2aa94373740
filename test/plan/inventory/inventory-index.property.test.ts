import fc from 'fast-check';
import { expect, it } from '@jest/globals';
import { createIndex } from '../../../src/plan/inventory/inventory-index.ts';
import type { InventoryObject } from '../../../src/plan/inventory/inventory.ts';
import { objectId } from '../../../src/translate/desired.ts';

const names = ['a', 'b', 'c', 'd'] as const;
const someName = fc.constantFrom(...names);

/** A virtual service, policy set or pool group that refers to others, or an object that is only referred to. */
const someObject = fc
  .record({
    type: fc.constantFrom('virtualservice', 'httppolicyset', 'l4policyset', 'poolgroup', 'pool'),
    name: someName,
    refs: fc.array(someName, { maxLength: 3 }),
    gateway: fc.option(someName),
  })
  .map(({ type, name, refs, gateway }): InventoryObject => ({
    type: type,
    tenant: 'admin',
    name,
    uuid: name,
    body: {
      pool_group_refs: refs.map((ref) => `https://avi/api/poolgroup/${ref}#${ref}`),
      markers: gateway
        ? [
            { key: 'GatewayName', values: [gateway] },
            { key: 'GatewayNamespace', values: ['default'] },
          ]
        : [],
    },
  }));

const someChange = fc.oneof(
  { weight: 3, arbitrary: someObject.map((object) => ({ object, goes: false })) },
  { weight: 1, arbitrary: someObject.map((object) => ({ object, goes: true })) },
);

it('is the same whether it is kept while objects change or made from what they are', () => {
  fc.assert(
    fc.property(fc.array(someChange, { maxLength: 30 }), fc.nat(30), (changes, firstAsked) => {
      const objects = new Map<string, InventoryObject>();
      const kept = createIndex(objects);
      const said = ({ usersOf, ofGateway }: Pick<typeof kept, 'usersOf' | 'ofGateway'>) => ({
        users: names.map((name) => usersOf(`poolgroup admin/${name}`).map(objectId).sort()),
        gateways: [...names, undefined].map((name) => [...ofGateway(name && `default/${name}`)].sort()),
      });
      changes.forEach(({ object, goes }, place) => {
        if (place === firstAsked) said(kept);
        const id = objectId(object);
        kept.note(id, goes ? undefined : object);
        if (goes) objects.delete(id);
        else objects.set(id, object);
      });
      expect(said(kept)).toEqual(said(createIndex(new Map(objects))));
    }),
    { numRuns: 300, seed: 1 },
  );
});

it('has only what uses requests or connections, and its referred objects only', () => {
  const refers = (type: InventoryObject['type']): InventoryObject => ({
    type,
    tenant: 'admin',
    name: 'a',
    uuid: 'a',
    body: { pool_group_ref: 'https://avi/api/poolgroup/x#b' },
  });
  const all = (['virtualservice', 'vsdatascriptset', 'pool'] as const).map(refers);
  const index = createIndex(new Map(all.map((object) => [objectId(object), object])));
  expect(index.usersOf('poolgroup admin/b').map(({ type }) => type)).toEqual(['virtualservice', 'vsdatascriptset']);
  expect(index.usersOf('poolgroup admin/a')).toEqual([]);
});
