import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createClusterState } from '../../src/cluster/state.ts';
import { endpointSlice, service } from '../handlers/objects.ts';

describe('cluster state', () => {
  it('hands out the same snapshot until something changes', () => {
    const state = createClusterState();
    const first = state.snapshot();
    expect(state.snapshot()).toBe(first);
    state.put('Service', service('a/web'));
    expect(state.snapshot()).not.toBe(first);
  });

  it('copies only the kinds that changed', () => {
    const state = createClusterState();
    state.put('Service', service('a/web'));
    const before = state.snapshot();
    state.put('EndpointSlice', endpointSlice('a/web-1', 'web', ['10.0.0.1']));
    const after = state.snapshot();
    expect(after.services).toBe(before.services);
    expect(after.endpointSlices).not.toBe(before.endpointSlices);
  });

  it('never changes a snapshot that was handed out', () => {
    const kinds = fc.constantFrom('put', 'remove', 'snapshot');
    const steps = fc.array(fc.tuple(kinds, fc.integer({ min: 0, max: 5 })), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (actions) => {
        const state = createClusterState();
        const handedOut: { readonly services: ReadonlyMap<string, unknown>; readonly copy: Map<string, unknown> }[] =
          [];
        for (const [action, number] of actions) {
          if (action === 'put') state.put('Service', service(`a/s${number}`, { port: number + 1 }));
          if (action === 'remove') state.remove('Service', `a/s${number}`);
          const { services } = state.snapshot();
          handedOut.push({ services, copy: new Map(services) });
        }
        for (const { services, copy } of handedOut) expect(new Map(services)).toEqual(copy);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('groups EndpointSlices by Service, sorted by name, and follows a slice that changes its Service', () => {
    const state = createClusterState();
    state.put('EndpointSlice', endpointSlice('a/web-2', 'web', ['10.0.0.2']));
    state.put('EndpointSlice', endpointSlice('a/web-1', 'web', ['10.0.0.1']));
    state.put('EndpointSlice', endpointSlice('b/web-3', 'web', ['10.0.0.3']));
    const names = (key: string) =>
      state
        .snapshot()
        .endpointSlices.get(key)
        ?.map(({ metadata }) => metadata.name);
    expect(names('a/web')).toEqual(['web-1', 'web-2']);
    expect(names('b/web')).toEqual(['web-3']);

    state.put('EndpointSlice', endpointSlice('a/web-1', 'api', ['10.0.0.1']));
    expect(names('a/web')).toEqual(['web-2']);
    expect(names('a/api')).toEqual(['web-1']);

    state.remove('EndpointSlice', 'a/web-2');
    expect(state.snapshot().endpointSlices.has('a/web')).toBe(false);
  });

  it('has started when no kind is to be listed any more, and is complete only when none is absent', () => {
    const state = createClusterState(['Gateway', 'HTTPRoute']);
    expect(state.started()).toBe(false);
    state.setSource('Gateway', 'synced');
    expect(state.started()).toBe(false);
    state.setSource('HTTPRoute', 'absent');
    expect(state.started()).toBe(true);
    expect(state.complete()).toBe(false);
    expect(state.synced('HTTPRoute')).toBe(false);
    state.setSource('HTTPRoute', 'synced');
    expect(state.complete()).toBe(true);
    expect(state.synced('Node')).toBe(true);
  });

  it('is complete without a kind of newer bundles that was never served, but not when it has gone away', () => {
    const state = createClusterState(['TCPRoute']);
    state.setSource('TCPRoute', 'absent');
    expect(state.complete()).toBe(true);
    state.setSource('TCPRoute', 'pending');
    expect(state.complete()).toBe(false);
    state.setSource('TCPRoute', 'synced');
    state.setSource('TCPRoute', 'absent');
    expect(state.complete()).toBe(false);
  });
});
