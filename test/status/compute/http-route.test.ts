import { describe, expect, it } from '@jest/globals';
import type { HTTPRoute } from '../../../generated/gateway-api.ts';
import type { Outcome } from '../../../src/apply/outcome.ts';
import { computeRouteStatus, type GatewayApply, type RouteParent } from '../../../src/status/compute.ts';
import {
  app,
  controllerName,
  gateway,
  httpRoute,
  routeWorld,
  rule,
  type ParentRef,
  type World,
} from '../../routing/world.ts';
import {
  before,
  blocked,
  child,
  conditionsOf,
  desiredOf,
  done,
  failed,
  listOf,
  now,
  outcomeOf,
  parent,
  pool,
  said,
  vip,
} from './world.ts';

function compute(route: HTTPRoute, apply: GatewayApply = {}, previous?: unknown, world: World = {}) {
  const { gateways } = routeWorld({ gateways: [gateway()], ...app, ...world, routes: [route] });
  const parents: readonly RouteParent[] = [...gateways].flatMap(([key, result]) =>
    result.parents.map((entry) => ({ gateway: key, parent: entry })),
  );
  const applies = new Map([['default/gw', apply]]);
  return computeRouteStatus('HTTPRoute', 'default/route', route, parents, applies, previous, now, controllerName);
}

const withRefs = (...parentRefs: readonly ParentRef[]) => httpRoute({ parentRefs }, { generation: 5 });
const desired = desiredOf(parent, vip, child, pool);
const applied = (...entries: readonly ReturnType<typeof done>[]): GatewayApply => ({
  desired,
  outcome: outcomeOf(...entries),
});

describe('entries', () => {
  it('echo the parentRef as it is written', () => {
    const ref = { name: 'gw', sectionName: 'http', port: 80 };
    expect(listOf(compute(withRefs(ref)), 'parents')).toEqual([
      {
        parentRef: ref,
        controllerName,
        conditions: [
          {
            type: 'Accepted',
            status: 'True',
            reason: 'Accepted',
            message: 'Parent reference is valid',
            observedGeneration: 5,
            lastTransitionTime: now,
          },
          {
            type: 'ResolvedRefs',
            status: 'True',
            reason: 'ResolvedRefs',
            message: 'All the references are valid',
            observedGeneration: 5,
            lastTransitionTime: now,
          },
        ],
      },
    ]);
  });

  it('are one for each parentRef of ours, in the order of the spec, whatever the Gateway', () => {
    const refs = [
      { name: 'z' },
      { name: 'foreign' },
      { name: 'gw', sectionName: 'http' },
      { name: 'none' },
      { name: 'gw', sectionName: 'no' },
    ];
    const gateways = [
      gateway(),
      gateway({}, { name: 'z' }),
      gateway({ gatewayClassName: 'other' }, { name: 'foreign' }),
    ];
    const update = compute(withRefs(...refs), {}, undefined, { gateways });
    expect(listOf(update, 'parents').map((entry) => entry['parentRef'])).toEqual([refs[0], refs[2], refs[4]]);
    expect(listOf(update, 'parents').map((entry) => said(entry, 'Accepted')?.split(':')[0])).toEqual([
      'True/Accepted',
      'True/Accepted',
      'False/NoMatchingParent',
    ]);
  });

  it('of other controllers survive, where they are (AKO defect 10)', () => {
    const foreign = {
      controllerName: 'example.com/other',
      parentRef: { name: 'gw' },
      conditions: [{ type: 'Accepted', status: 'False', reason: 'X', message: '', lastTransitionTime: before }],
    };
    const ours = { controllerName, parentRef: { name: 'gw' }, conditions: [] };
    const update = compute(
      withRefs({ name: 'gw' }),
      {},
      { parents: [foreign, ours, { ...foreign, parentRef: { name: 'x' } }] },
    );
    expect(listOf(update, 'parents').map((entry) => entry['controllerName'])).toEqual([
      'example.com/other',
      controllerName,
      'example.com/other',
    ]);
    expect(listOf(update, 'parents')[0]).toEqual(foreign);
  });

  it('of ours go when the parentRef goes', () => {
    const previous = { parents: [{ controllerName, parentRef: { name: 'gw', sectionName: 'old' }, conditions: [] }] };
    expect(
      listOf(compute(withRefs({ name: 'gw' }), {}, previous), 'parents').map((entry) => entry['parentRef']),
    ).toEqual([{ name: 'gw' }]);
    expect(compute(withRefs({ name: 'none' }), {}, previous).status['parents']).toEqual([]);
  });

  it('are found again when a defaulted field is written out, and keep their times', () => {
    const condition = {
      type: 'Accepted',
      status: 'True',
      reason: 'Accepted',
      message: 'old',
      observedGeneration: 1,
      lastTransitionTime: before,
    };
    const entry = {
      controllerName,
      parentRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'default', name: 'gw' },
      conditions: [condition],
    };
    const [only, ...others] = listOf(compute(withRefs({ name: 'gw' }), {}, { parents: [entry] }), 'parents');
    expect(others).toEqual([]);
    expect(conditionsOf(only)[0]).toMatchObject({
      message: 'Parent reference is valid',
      lastTransitionTime: before,
      observedGeneration: 5,
    });
  });

  it('keep conditions of other types and lose ours that no longer apply', () => {
    const condition = (type: string) => ({
      type,
      status: 'True',
      reason: 'A',
      message: '',
      lastTransitionTime: before,
    });
    const entry = {
      controllerName,
      parentRef: { name: 'gw' },
      conditions: [condition('special.io/X'), condition('PartiallyInvalid')],
    };
    const [only] = listOf(compute(withRefs({ name: 'gw' }), {}, { parents: [entry] }), 'parents');
    expect(conditionsOf(only).map(({ type }) => type)).toEqual(['special.io/X', 'Accepted', 'ResolvedRefs']);
  });
});

describe('what the routing found', () => {
  it.each<[string, HTTPRoute, string, string]>([
    [
      'a backend that does not exist',
      httpRoute({ rules: [rule({ backendRefs: [{ name: 'none', port: 1 }] })] }),
      'ResolvedRefs',
      'False/BackendNotFound: ',
    ],
    [
      'a dropped rule',
      httpRoute({ rules: [rule(), rule({ retry: { codes: [500] } })] }),
      'PartiallyInvalid',
      'True/UnsupportedValue: Dropped Rule 1: spec.rules[1].retry',
    ],
    ['no rule left', httpRoute({ rules: [rule({ retry: { codes: [500] } })] }), 'Accepted', 'False/UnsupportedValue: '],
  ])('%s', (_, route, type, expected) => {
    expect(said(listOf(compute(route), 'parents')[0], type)?.startsWith(expected)).toBe(true);
  });
});

describe('Programmed', () => {
  const accepted = 'True/Accepted: Parent reference is valid';
  it.each<[string, GatewayApply, string | undefined]>([
    ['nothing before the first apply', {}, undefined],
    ['done', applied(done(child), done(pool)), 'True/Programmed: Virtual service configured/updated'],
    ['waiting', applied(done(pool)), 'Unknown/Pending: '],
    [
      'a failed pool (AKO defect 11)',
      applied(failed(pool, 'bad server'), blocked(child, pool)),
      'False/Invalid: pool admin/pool: bad server',
    ],
    [
      'what the child needs of the Gateway failed',
      applied(done(pool), blocked(child, parent), failed(parent, 'no')),
      'False/Invalid: virtualservice admin/gw: no',
    ],
    ['no objects of its own', { desired: desiredOf(parent, vip), outcome: new Map() as Outcome }, undefined],
  ])('%s', (_, apply, expected) => {
    const [only] = listOf(compute(withRefs({ name: 'gw' }), apply), 'parents');
    expect(said(only, 'Accepted')).toBe(accepted);
    if (expected === undefined) expect(said(only, 'Programmed')).toBeUndefined();
    else expect(said(only, 'Programmed')?.startsWith(expected)).toBe(true);
  });

  it('stays as it was for this generation until the first apply (after a restart)', () => {
    const previous = compute(withRefs({ name: 'gw' }), applied(done(child), done(pool))).status;
    expect(compute(withRefs({ name: 'gw' }), {}, previous).status).toEqual(previous);
    const edited = httpRoute({ parentRefs: [{ name: 'gw' }] }, { generation: 6 });
    expect(said(listOf(compute(edited, {}, previous), 'parents')[0], 'Programmed')).toBeUndefined();
  });

  it('is not said of a route that is not attached', () => {
    const [only] = listOf(
      compute(withRefs({ name: 'gw', sectionName: 'no' }), applied(done(child), done(pool))),
      'parents',
    );
    expect(said(only, 'Programmed')).toBeUndefined();
  });
});
