/**
 * One namespace tries to take what belongs to another. Whatever it does: what the other had stays as it was, and nothing
 * of the intruder's holds the other's keys, servers or names.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { evaluateSnapshot } from '../../src/cli/offline.ts';
import { installedClass } from '../../src/main/installed-class.ts';
import { createClusterState } from '../../src/cluster/state.ts';
import type { WatchedKind, WatchedObjects } from '../../src/cluster/kinds.ts';
import { loadConfig } from '../../src/config.ts';
import { OFFLINE_SITE } from '../../src/main/settings.ts';
import { isOurs, ownIdentity } from '../../src/plan/inventory/identity.ts';
import { objectId, type AviObject } from '../../src/translate/desired.ts';
import { selfSigned, tlsSecret } from '../routing/pki.ts';

const config = loadConfig({ flags: { clusterName: 'c1', vipNetworks: [{ networkName: 'net', cidr: '10.0.0.0/24' }] } });
const group = 'gateway.networking.k8s.io';
const victimServer = '10.244.7.7';
const victimAuthority = '-----BEGIN CERTIFICATE-----\nVICTIM\n-----END CERTIFICATE-----';
const host = 'shop.victim.test';

type Item = readonly [WatchedKind, Readonly<Record<string, unknown>>];

interface Named {
  readonly name: string;
  readonly namespace?: string;
  readonly [field: string]: unknown;
}

const meta = (namespace: string, name: string, late: boolean): Named => ({
  name,
  namespace,
  uid: `${namespace}/${name}`,
  generation: 1,
  creationTimestamp: late ? '2026-02-02T00:00:00Z' : '2026-01-01T00:00:00Z',
});

function listener(part: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'Same' } }, ...part };
}

const https = (hostname: string, secret: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  listener({
    name: 'https',
    port: 443,
    protocol: 'HTTPS',
    hostname,
    tls: { mode: 'Terminate', certificateRefs: [secret] },
  });

function gateway(metadata: Named, spec: Readonly<Record<string, unknown>>): Item {
  return [
    'Gateway',
    { apiVersion: `${group}/v1`, kind: 'Gateway', metadata, spec: { gatewayClassName: 'avi-lb', ...spec } },
  ];
}

function route(metadata: Named, parents: readonly object[], hostnames: readonly string[], rule: object): Item {
  const spec = { parentRefs: parents, hostnames, rules: [rule] };
  return ['HTTPRoute', { apiVersion: `${group}/v1`, kind: 'HTTPRoute', metadata, spec }];
}

function service(namespace: string, name: string, addresses: readonly string[], late: boolean): readonly Item[] {
  return [
    [
      'Service',
      { metadata: meta(namespace, name, late), spec: { type: 'ClusterIP', ports: [{ port: 80, targetPort: 8080 }] } },
    ],
    [
      'EndpointSlice',
      {
        metadata: { ...meta(namespace, `${name}-1`, late), labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        ports: [{ port: 8080, protocol: 'TCP' }],
        endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
      },
    ],
  ];
}

const to = (name: string, more: object = {}): object => ({ backendRefs: [{ name, port: 80, ...more }] });

let victim: readonly Item[];
let privateKey: string;
beforeAll(async () => {
  const { certificate, key } = await selfSigned([host]);
  privateKey = key;
  const secret = tlsSecret('cert', { 'tls.crt': certificate, 'tls.key': key }, 'victim');
  victim = [
    ['Namespace', { metadata: { name: 'victim' } }],
    ['Namespace', { metadata: { name: 'intruder' } }],
    ['Secret', secret as unknown as Readonly<Record<string, unknown>>],
    gateway(meta('victim', 'a-b', false), {
      listeners: [listener({ hostname: '*.victim.test' }), https(host, { name: 'cert' })],
      addresses: [{ type: 'IPAddress', value: '10.0.0.77' }],
    }),
    route(meta('victim', 'shop', false), [{ name: 'a-b' }], [host], { name: 'own', ...to('web') }),
    ...service('victim', 'web', [victimServer], false),
  ];
});

function render(items: readonly Item[]): ReadonlyMap<string, readonly AviObject[]> {
  const state = createClusterState();
  state.put('GatewayClass', installedClass(config.controllerName));
  for (const [kind, object] of items) state.put(kind, object as unknown as WatchedObjects[WatchedKind]);
  const { desired } = evaluateSnapshot(state.snapshot(), config, OFFLINE_SITE);
  return new Map(desired.map((one) => [one.gateway, one.objects]));
}

const names = (objects: readonly AviObject[]): string =>
  JSON.stringify(objects.filter(({ type }) => type === 'vsvip').map(({ body }) => body.dns_info));

const grant = (namespace: string, from: object, target: object): Item => [
  'ReferenceGrant',
  {
    apiVersion: `${group}/v1beta1`,
    kind: 'ReferenceGrant',
    metadata: meta(namespace, 'grant', true),
    spec: { from: [from], to: [target] },
  },
];
const own = (name = 'gw'): Named => meta('intruder', name, true);
const ownRoute = (parents: readonly object[], hostnames: readonly string[], rule: object): Item =>
  route(own('route'), parents, hostnames, rule);
const stolenCertificate = { name: 'cert', namespace: 'victim' };

const attempts: Readonly<Record<string, () => readonly Item[]>> = {
  'a listener with the same hostname': () => [
    gateway(own(), { listeners: [listener({ hostname: host })] }),
    ownRoute([{ name: 'gw' }], [], to('web')),
  ],
  'the same hostname in capitals': () => [
    gateway(own(), { listeners: [listener({ hostname: host.toUpperCase() })] }),
    ownRoute([{ name: 'gw' }], [host.toUpperCase()], to('web')),
  ],
  'the same hostname with a dot at its end': () => [
    gateway(own(), { listeners: [listener({ hostname: `${host}.` })] }),
    ownRoute([{ name: 'gw' }], [`${host}.`], to('web')),
  ],
  'a wildcard over it': () => [
    gateway(own(), { listeners: [listener({ hostname: '*.test' })] }),
    ownRoute([{ name: 'gw' }], [host], to('web')),
  ],
  'an exact name under its wildcard': () => [
    gateway(own(), { listeners: [listener({ hostname: 'new.victim.test' })] }),
    ownRoute([{ name: 'gw' }], [], to('web')),
  ],
  'a listener without hostname and a route that names the host': () => [
    gateway(own(), { listeners: [listener()] }),
    ownRoute([{ name: 'gw' }], [host], to('web')),
  ],
  'another port': () => [
    gateway(own(), { listeners: [listener({ port: 8080, hostname: host })] }),
    ownRoute([{ name: 'gw' }], [], to('web')),
  ],
  'its certificate': () => [gateway(own(), { listeners: [https('x.intruder.test', stolenCertificate)] })],
  'its certificate, with a grant from the wrong side': () => [
    gateway(own(), { listeners: [https('x.intruder.test', stolenCertificate)] }),
    grant('intruder', { group, kind: 'Gateway', namespace: 'intruder' }, { group: '', kind: 'Secret' }),
  ],
  'its certificate, with a grant that another namespace has': () => [
    gateway(own(), { listeners: [https('x.intruder.test', stolenCertificate)] }),
    grant('victim', { group, kind: 'Gateway', namespace: 'intrude' }, { group: '', kind: 'Secret' }),
  ],
  'its certificate, with a grant of another kind': () => [
    gateway(own(), { listeners: [https('x.intruder.test', stolenCertificate)] }),
    grant('victim', { group, kind: 'HTTPRoute', namespace: 'intruder' }, { group: '', kind: 'Service' }),
  ],
  'its certificate, with a grant of another name': () => [
    gateway(own(), { listeners: [https('x.intruder.test', stolenCertificate)] }),
    grant('victim', { group, kind: 'Gateway', namespace: 'intruder' }, { group: '', kind: 'Secret', name: 'cer' }),
  ],
  'its certificate, to show it to backends': () => [
    gateway(own(), {
      listeners: [listener({ hostname: 'x.intruder.test' })],
      tls: { backend: { clientCertificateRef: stolenCertificate } },
    }),
    ownRoute([{ name: 'gw' }], [], to('own')),
  ],
  'its backend': () => [
    gateway(own(), { listeners: [listener({ hostname: 'x.intruder.test' })] }),
    ownRoute([{ name: 'gw' }], [], to('web', { namespace: 'victim' })),
  ],
  'its backend as a mirror': () => [
    gateway(own(), { listeners: [listener({ hostname: 'x.intruder.test' })] }),
    ownRoute([{ name: 'gw' }], [], {
      ...to('own'),
      filters: [
        { type: 'RequestMirror', requestMirror: { backendRef: { name: 'web', namespace: 'victim', port: 80 } } },
      ],
    }),
  ],
  'its endpoints, by a Service of the same name': () => [
    gateway(own(), { listeners: [listener({ hostname: 'x.intruder.test' })] }),
    ['Service', { metadata: own('web'), spec: { type: 'ClusterIP', ports: [{ port: 80, targetPort: 8080 }] } }],
    ownRoute([{ name: 'gw' }], [], to('web')),
  ],
  'its endpoints, by a slice with its name': () => service('intruder', 'web', ['10.244.6.6'], true),
  'its Gateway, by a route': () => [ownRoute([{ name: 'a-b', namespace: 'victim' }], [host], to('web'))],
  'its Gateway, by a route to one section': () => [
    ownRoute([{ name: 'a-b', namespace: 'victim', sectionName: 'https', port: 443 }], [host], to('web')),
  ],
  'its Gateway, by a ListenerSet': () => [
    [
      'ListenerSet',
      {
        apiVersion: `${group}/v1`,
        kind: 'ListenerSet',
        metadata: own('set'),
        spec: {
          parentRef: { name: 'a-b', namespace: 'victim' },
          listeners: [listener({ name: 'more', port: 81, hostname: host })],
        },
      },
    ],
    ownRoute([{ kind: 'ListenerSet', name: 'set' }], [host], to('web')),
  ],
  'its Avi objects, by a name that meets theirs': () => [
    ['Namespace', { metadata: { name: 'victim-a' } }],
    gateway(meta('victim-a', 'b', true), { listeners: [listener({ hostname: 'b.other.test' })] }),
    route(meta('victim-a', 'shop', true), [{ name: 'b' }], [], { name: 'own', ...to('web') }),
    ...service('victim-a', 'web', ['10.244.6.6'], true),
  ],
  'its Avi objects, by an extension that names them': () => [
    gateway(own(), { listeners: [listener({ hostname: 'x.intruder.test' })] }),
    [
      'L7Rule',
      {
        apiVersion: 'ako.vmware.com/v1alpha2',
        kind: 'L7Rule',
        metadata: own('rule'),
        spec: { httpPolicy: { policySets: ['ako-gw-c1--victim-a-b-EVH'], overwrite: true } },
      },
    ],
    ownRoute([{ name: 'gw' }], [], {
      ...to('own'),
      filters: [{ type: 'ExtensionRef', extensionRef: { group: 'ako.vmware.com', kind: 'L7Rule', name: 'rule' } }],
    }),
  ],
  'its extensions, by a name with its namespace': () => [
    gateway(own(), { listeners: [listener({ hostname: 'x.intruder.test' })] }),
    [
      'PKIProfile',
      {
        apiVersion: 'ako.vmware.com/v1alpha1',
        kind: 'PKIProfile',
        metadata: meta('victim', 'authorities', false),
        spec: { ca_certs: [{ certificate: victimAuthority }] },
      },
    ],
    [
      'RouteBackendExtension',
      {
        apiVersion: 'ako.vmware.com/v1alpha1',
        kind: 'RouteBackendExtension',
        metadata: own('extension'),
        spec: { backendTLS: { pkiProfile: { kind: 'CRD', name: 'victim/authorities' } } },
      },
    ],
    ownRoute([{ name: 'gw' }], [], {
      backendRefs: [
        {
          name: 'own',
          port: 80,
          filters: [
            {
              type: 'ExtensionRef',
              extensionRef: { group: 'ako.vmware.com', kind: 'RouteBackendExtension', name: 'extension' },
            },
          ],
        },
      ],
    }),
  ],
  'its address': () => [
    gateway(own(), {
      listeners: [listener({ hostname: 'x.intruder.test' })],
      addresses: [{ type: 'IPAddress', value: '10.0.0.77' }],
    }),
  ],
  'its Avi objects, by labels that become markers': () => [
    gateway(own(), {
      listeners: [listener({ hostname: 'x.intruder.test' })],
      infrastructure: {
        labels: { GatewayName: 'a-b', GatewayNamespace: 'victim', clustername: 'c2', 'managed-by': 'somebody' },
      },
    }),
  ],
  'the validation of its backends': () => [
    [
      'BackendTLSPolicy',
      {
        apiVersion: `${group}/v1`,
        kind: 'BackendTLSPolicy',
        metadata: own('policy'),
        spec: {
          targetRefs: [{ group: '', kind: 'Service', name: 'web' }],
          validation: { hostname: 'evil.test', wellKnownCACertificates: 'System' },
        },
      },
    ],
  ],
  'traffic, by switching its Gateway off': () => [
    gateway({ ...own('a-b'), annotations: { 'ako.vmware.com/disable-traffic': 'true' } }, { listeners: [listener()] }),
  ],
  'its Avi tenant': () => [
    ['Namespace', { metadata: { name: 'intruder', annotations: { 'ako.vmware.com/tenant-name': 'admin' } } }],
    gateway(own('a-b'), { listeners: [listener({ hostname: 'x.intruder.test' })] }),
  ],
};

describe('a namespace does not get another one’s', () => {
  it.each(Object.keys(attempts))('%s', (attempt) => {
    const alone = render(victim);
    const both = render([
      ...victim,
      ...service('intruder', 'own', ['10.244.5.5'], true),
      ...(attempts[attempt]?.() ?? []),
    ]);
    expect(alone.get('victim/a-b')?.length).toBeGreaterThan(6);
    expect(both.get('victim/a-b')).toEqual(alone.get('victim/a-b'));

    const theirs = new Set((alone.get('victim/a-b') ?? []).map(objectId));
    const gained = [...both].filter(([key]) => key !== 'victim/a-b').flatMap(([, objects]) => objects);
    const text = JSON.stringify(gained);
    expect(gained.filter((object) => theirs.has(objectId(object)))).toEqual([]);
    expect(text).not.toContain(victimServer);
    expect(text).not.toContain(victimAuthority);
    expect(text).not.toContain(JSON.stringify(privateKey).slice(1, -1));
    expect(names(gained).toLowerCase()).not.toContain('victim.test');
    for (const object of gained) {
      expect(isOurs(object, ownIdentity('c1'))).toBe(true);
      expect(JSON.stringify(object.body.markers)).not.toContain('"victim"');
    }
  });

  it('and gets what it is granted, so that these attempts show something', () => {
    const granted = [
      gateway(own(), { listeners: [https('x.intruder.test', stolenCertificate)] }),
      ownRoute([{ name: 'gw' }], [], to('web', { namespace: 'victim' })),
    ];
    const both = render([
      ...victim,
      ...granted,
      grant('victim', { group, kind: 'Gateway', namespace: 'intruder' }, { group: '', kind: 'Secret', name: 'cert' }),
      [
        'ReferenceGrant',
        {
          metadata: meta('victim', 'grant-2', true),
          spec: { from: [{ group, kind: 'HTTPRoute', namespace: 'intruder' }], to: [{ group: '', kind: 'Service' }] },
        },
      ],
    ]);
    const text = JSON.stringify(both.get('intruder/gw'));
    expect(text).toContain(victimServer);
    expect(text).toContain(JSON.stringify(privateKey).slice(1, -1));
  });
});
