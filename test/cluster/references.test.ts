import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createReferences } from '../../src/cluster/references.ts';
import { createRelation } from '../../src/cluster/relation.ts';
import { gateway, httpRoute, referenceGrant } from '../handlers/objects.ts';

describe('relation', () => {
  it('answers in both directions what the last setting of each subject says', () => {
    const names = (prefix: string) => fc.constantFrom(...[0, 1, 2, 3].map((number) => `${prefix}${number}`));
    const settings = fc.array(fc.tuple(names('s'), fc.array(names('t'))), { maxLength: 30 });
    fc.assert(
      fc.property(settings, (steps) => {
        const relation = createRelation();
        const model = new Map<string, Set<string>>();
        for (const [subject, targets] of steps) {
          relation.set(subject, targets);
          model.set(subject, new Set(targets));
        }
        for (const [subject, targets] of model) expect(new Set(relation.of(subject))).toEqual(targets);
        for (const target of ['t0', 't1', 't2', 't3']) {
          const subjects = [...model].filter(([, targets]) => targets.has(target)).map(([subject]) => subject);
          expect(new Set(relation.to(target))).toEqual(new Set(subjects));
        }
      }),
      { seed: 2, numRuns: 200 },
    );
  });
});

describe('references', () => {
  it('leads from a Service to the Gateways whose routes use it, mirrors too', () => {
    const references = createReferences();
    references.setRoute(
      'HTTPRoute',
      'a/r',
      httpRoute('a/r', { parents: ['gw', 'infra/shared'], services: ['web', 'b/api'], mirrors: ['copy'] }),
    );
    expect([...references.gatewaysOfService('a/web')].sort()).toEqual(['a/gw', 'infra/shared']);
    expect([...references.gatewaysOfService('b/api')].sort()).toEqual(['a/gw', 'infra/shared']);
    expect([...references.gatewaysOfService('a/copy')].sort()).toEqual(['a/gw', 'infra/shared']);
    expect([...references.gatewaysOfService('a/api')]).toEqual([]);

    references.setRoute('HTTPRoute', 'a/r', httpRoute('a/r', { parents: ['gw'], services: ['web'] }));
    expect([...references.gatewaysOfService('b/api')]).toEqual([]);
    references.setRoute('HTTPRoute', 'a/r', undefined);
    expect([...references.gatewaysOfService('a/web')]).toEqual([]);
    expect([...references.gatewaysOfNamespace('a')]).toEqual([]);
  });

  it('leads from a Secret and from a class to their Gateways', () => {
    const references = createReferences();
    references.setGateway('a/gw', gateway('a/gw', { secrets: ['tls', 'certs/tls'], className: 'one' }));
    references.setGateway('b/gw', gateway('b/gw', { secrets: ['certs/tls'], className: 'two' }));
    expect([...references.gatewaysOfNamed('Secret', 'a/tls')]).toEqual(['a/gw']);
    expect([...references.gatewaysOfNamed('Secret', 'certs/tls')].sort()).toEqual(['a/gw', 'b/gw']);
    expect([...references.gatewaysOfClass('two')]).toEqual(['b/gw']);
    expect(references.followedByGateway('b/gw')).toEqual([{ kind: 'Secret', key: 'certs/tls' }]);
  });

  it('leads from a grant to Gateways with references from the one namespace into the other', () => {
    const references = createReferences();
    references.setGateway('a/gw', gateway('a/gw', { secrets: ['certs/tls'] }));
    references.setGateway('b/gw', gateway('b/gw', { secrets: ['tls'] }));
    references.setRoute('HTTPRoute', 'dev/r', httpRoute('dev/r', { parents: ['b/gw'], services: ['back/web'] }));
    expect([...references.gatewaysOfGrant(referenceGrant('certs/g', ['a']))]).toEqual(['a/gw']);
    expect([...references.gatewaysOfGrant(referenceGrant('certs/g', ['b']))]).toEqual([]);
    expect([...references.gatewaysOfGrant(referenceGrant('back/g', ['dev']))]).toEqual(['b/gw']);
    expect([...references.gatewaysOfGrant(referenceGrant('back/g', ['b', 'a']))]).toEqual([]);
  });

  it('leads from a Namespace to the Gateways in it and to the parents of the routes in it', () => {
    const references = createReferences();
    references.setGateway('a/gw', gateway('a/gw'));
    references.setRoute('HTTPRoute', 'a/r', httpRoute('a/r', { parents: ['infra/shared'] }));
    expect([...references.gatewaysOfNamespace('a')].sort()).toEqual(['a/gw', 'infra/shared']);
    expect([...references.gatewaysOfNamespace('infra')]).toEqual([]);
  });
});
