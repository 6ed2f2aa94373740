import { describe, expect, it } from '@jest/globals';
import type { BackendTLSPolicy, ListenerSet } from '../../../generated/gateway-api.ts';
import { computeListenerSetStatus, computePolicyStatus } from '../../../src/status/compute.ts';
import { keepForeign } from '../../../src/status/write-merge.ts';
import { settings, gateway, httpRoute, listener, routed, service } from '../../routing/world.ts';

const now = '2026-06-01T00:00:00Z';
const controllerName = 'ako.vmware.com/avi-lb';
const foreign = {
  ancestorRef: { kind: 'Gateway', name: 'other', namespace: 'default' },
  controllerName: 'example.com/other',
  conditions: [],
};

const policy: BackendTLSPolicy = {
  metadata: { name: 'tls', namespace: 'default', generation: 3, creationTimestamp: now },
  spec: {
    targetRefs: [{ group: '', kind: 'Service', name: 'app' }],
    validation: { hostname: 'app.example', wellKnownCACertificates: 'System' },
  },
};

const set: ListenerSet = {
  metadata: { name: 'set', namespace: 'default', generation: 2, creationTimestamp: now },
  spec: {
    parentRef: { name: 'gw' },
    listeners: [listener({ name: 'web', port: 8080 }), listener({ name: 'same' })],
  },
};

const result = routed(
  {
    gateways: [gateway({ allowedListeners: { namespaces: { from: 'Same' } } })],
    routes: [httpRoute()],
    services: [service()],
    policies: [policy],
    listenerSets: [set],
  },
  settings,
);

describe('status of a BackendTLSPolicy', () => {
  const gateways = result.policies.map((one) => ({ gateway: 'default/gw', policy: one }));
  const compute = (previous: unknown, given = gateways) =>
    computePolicyStatus('BackendTLSPolicy', 'default/tls', policy, given, previous, now, controllerName);

  it('has one ancestor for each Gateway, beside those of others', () => {
    const { status, kind } = compute({ ancestors: [foreign] });
    expect(kind).toBe('BackendTLSPolicy');
    expect(status.ancestors).toMatchObject([
      foreign,
      {
        ancestorRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'default', name: 'gw' },
        controllerName,
        conditions: [
          { type: 'Accepted', status: 'True', observedGeneration: 3 },
          { type: 'ResolvedRefs', status: 'True' },
        ],
      },
    ]);
  });

  it('keeps times while nothing changes, and loses a Gateway that does not use it any more', () => {
    const first = compute({ ancestors: [] }).status;
    const later = computePolicyStatus(
      'BackendTLSPolicy',
      'default/tls',
      policy,
      gateways,
      first,
      '2026-07-01T00:00:00Z',
      controllerName,
    );
    expect(later.status).toEqual(first);
    expect(compute(first, []).status.ancestors).toEqual([]);
  });

  it('is merged into what others have written since', () => {
    const update = compute({ ancestors: [] });
    expect(keepForeign(update, { ancestors: [foreign] }, controllerName).ancestors).toHaveLength(2);
  });
});

describe('status of a ListenerSet', () => {
  const [routedSet] = result.listenerSets;
  if (!routedSet) throw new Error('no ListenerSet');
  const { status } = computeListenerSetStatus(routedSet, result, undefined, {}, now, undefined);

  it('has its own listeners, with the reason of a conflict in Programmed', () => {
    const conditionsOf = (name: string) =>
      (status.listeners as { name: string; conditions: { type: string; status: string; reason: string }[] }[])
        .find((entry) => entry.name === name)
        ?.conditions.map((condition) => `${condition.type} ${condition.status} ${condition.reason}`);
    expect(conditionsOf('web')).toContain('Accepted True Accepted');
    expect(conditionsOf('same')).toEqual(
      expect.arrayContaining([
        'Accepted False HostnameConflict',
        'Conflicted True HostnameConflict',
        'Programmed False HostnameConflict',
      ]),
    );
  });

  it('is accepted while one listener is valid, and programmed when the Gateway is', () => {
    expect(status.conditions).toMatchObject([
      { type: 'Accepted', status: 'True', reason: 'ListenersNotValid', observedGeneration: 2 },
      { type: 'Programmed', status: 'Unknown' },
    ]);
  });
});
