import { describe, expect, it } from '@jest/globals';
import { LuaFactory } from 'wasmoon';
import type { L4Listener, L4Route } from '../../src/routing/result/routed-route.ts';
import type { RoutedGateway } from '../../src/routing/result/routed-gateway.ts';
import type { RoutedListener } from '../../src/routing/result/routed-listener.ts';
import { nameClaims, resolveNames } from '../../src/translate/naming/name-table.ts';
import { replacePools, translatePoolsOfServices } from '../../src/translate/translate-gateway.ts';
import { schemaProblems } from './support/avi-schema.ts';
import { backend } from './support/model.ts';
import { certificate, gateway, listener, ofType, only, parent, translated } from './support/routed.ts';
import { settings } from './support/settings.ts';

function l4Route(kind: L4Route['kind'], name: string, fields: Partial<L4Route> = {}): L4Route {
  const creationTimestamp = '2026-01-01T00:00:00Z';
  return {
    kind,
    namespace: 'dev',
    name,
    creationTimestamp,
    hostnames: kind === 'TLSRoute' ? [undefined] : [],
    backends: [backend('dev', name)],
    ...fields,
  };
}

function port(protocol: L4Listener['protocol'], number: number, fields: Partial<L4Listener> = {}): L4Listener {
  return { listeners: [`p${number}`], protocol, port: number, certificates: [], routes: [], ...fields };
}

/** A Gateway with these ports and nothing of HTTP. */
function withPorts(l4: readonly L4Listener[], listeners: readonly RoutedListener[] = []): RoutedGateway {
  const own = l4.map((one) => listener({ name: `p${one.port}`, port: one.port, protocol: one.protocol }));
  return gateway({ routes: [], l4, listeners: listeners.length > 0 ? listeners : own });
}

const tcp = port('TCP', 9000, { routes: [l4Route('TCPRoute', 'echo')] });
const udp = port('UDP', 9000, { routes: [l4Route('UDPRoute', 'echo')] });

describe('TCP and UDP', () => {
  it('are one virtual service on the Gateway’s VIP, with a rule for each port and protocol', () => {
    const state = translated(withPorts([tcp, udp, port('TCP', 9001)]));
    const vip = ofType(state, 'vsvip')[0]!.name;
    expect(only(state, 'virtualservice')).toMatchObject({
      name: 'ako-gw-cluster1--default-gw1-L4',
      created_by: 'avi-gateway-cluster1',
      type: 'VS_TYPE_NORMAL',
      application_profile_ref: '/api/applicationprofile/?name=System-L4-Application',
      network_profile_ref: '/api/networkprofile/?name=System-TCP-Proxy',
      vsvip_ref: `/api/vsvip/?name=${vip}`,
      services: [
        { port: 9000, enable_ssl: false },
        {
          port: 9000,
          enable_ssl: false,
          override_network_profile_ref: '/api/networkprofile/?name=System-UDP-Fast-Path',
        },
        { port: 9001, enable_ssl: false },
      ],
      l4_policies: [{ index: 1, l4_policy_set_ref: '/api/l4policyset/?name=ako-gw-cluster1--default-gw1-L4' }],
    });
    const { rules } = only(state, 'l4policyset').l4_connection_policy as { rules: Record<string, unknown>[] };
    expect(rules.map(({ name, index }) => [name, index])).toEqual([
      ['tcp-9000', 1],
      ['udp-9000', 2],
    ]);
    expect(rules[1]!.match).toEqual({
      port: { match_criteria: 'IS_IN', ports: [9000] },
      protocol: { match_criteria: 'IS_IN', protocol: 'PROTOCOL_UDP' },
    });
    expect(state.objects.flatMap(schemaProblems)).toEqual([]);
  });

  it('have pool groups and pools of their own; UDP servers are not probed', () => {
    const backends = [backend('dev', 'a', 1), backend('dev', 'b', 3), backend('dev', 'off', 0)];
    const weighted = port('UDP', 53, { routes: [l4Route('UDPRoute', 'dns', { backends })] });
    const state = translated(withPorts([weighted]));
    expect((only(state, 'poolgroup').members as { ratio: number }[]).map(({ ratio }) => ratio)).toEqual([1, 3]);
    for (const { body, origin } of ofType(state, 'pool')) {
      expect(body.fail_action).toEqual({ type: 'FAIL_ACTION_CLOSE_CONN' });
      expect(body).not.toHaveProperty('health_monitor_refs');
      expect(origin).toMatchObject({ route: 'dev/dns', routeKind: 'UDPRoute' });
    }
    const probed = ofType(translated(withPorts([tcp])), 'pool')[0]!.body;
    expect(probed.health_monitor_refs).toEqual(['/api/healthmonitor/?name=System-TCP']);
  });

  it('stand beside the EVH parent, which has no port of theirs', () => {
    const listeners = [listener(), listener({ name: 'tcp', port: 9000, protocol: 'TCP' })];
    const state = translated(gateway({ listeners, l4: [tcp] }));
    expect(parent(state).services).toEqual([{ port: 80, enable_ssl: false, enable_http2: false }]);
    expect(ofType(state, 'virtualservice')).toHaveLength(3);
    expect(new Set(ofType(state, 'virtualservice').flatMap(({ body }) => body.vsvip_ref ?? [])).size).toBe(1);
  });

  it('without a valid backend have no rule, so that connections are closed', () => {
    const routes = [l4Route('TCPRoute', 'none', { backends: [backend('dev', 'none', 0)] })];
    const state = translated(withPorts([port('TCP', 9000, { routes })]));
    expect(only(state, 'l4policyset').l4_connection_policy).toEqual({ rules: [] });
    expect(ofType(state, 'poolgroup')).toEqual([]);
  });

  it('follow the endpoints of their Services', () => {
    const before = withPorts([tcp, udp]);
    const names = resolveNames(nameClaims(before, settings));
    const endpoints = [{ address: '10.9.9.9', family: 'V4' as const, port: 7, enabled: true }];
    const routes = [l4Route('TCPRoute', 'echo', { backends: [{ ...backend('dev', 'echo'), endpoints }] })];
    const after = withPorts([{ ...tcp, routes }, udp]);
    const pools = translatePoolsOfServices(after, settings, names, ['dev/echo']);
    expect(pools).toHaveLength(2);
    expect(replacePools(translated(before), pools)).toEqual(translated(after));
  });
});

const hosts = (name: string, ...hostnames: readonly string[]) => l4Route('TLSRoute', name, { hostnames });

/** What the script does with a connection from each client port: what it selects, its closing, and `done`. */
async function runEach(
  state: ReturnType<typeof translated>,
  at: number,
  name: string | undefined,
  clientPorts: readonly number[],
): Promise<readonly (readonly string[])[]> {
  const [{ script }] = only(state, 'vsdatascriptset').datascript as [{ script: string }];
  const lua = await new LuaFactory().createEngine();
  let said: string[] = [];
  let clientPort = 0;
  lua.global.set('avi', {
    vs: { port: () => String(at), close_conn: () => said.push('closed'), client_port: () => String(clientPort) },
    poolgroup: { select: (group: string) => said.push(group) },
    ssl: { server_name: () => name },
    l4: { collect: () => 20, read: () => '\u0016hello', ds_done: () => said.push('done') },
  });
  const parser = {
    get_req_buffer_size: () => 40,
    sanity_check: () => true,
    parse_record: () => 1,
    get_sni: () => name,
  };
  lua.global.set('require', () => parser);
  const all = clientPorts.map((port) => {
    clientPort = port;
    said = [];
    lua.doStringSync(script);
    return said;
  });
  lua.global.close();
  return all;
}

async function run(
  state: ReturnType<typeof translated>,
  at: number,
  name: string | undefined,
): Promise<readonly string[]> {
  const [said] = await runEach(state, at, name, [40_000]);
  return said ?? [];
}

/** What the script does with a client's hello: the pool group, or that it closes. */
async function chosen(state: ReturnType<typeof translated>, at: number, name: string | undefined): Promise<string> {
  const said = [...(await run(state, at, name))];
  expect(said.pop()).toBe('done');
  expect(said).toHaveLength(1);
  const service = ofType(state, 'poolgroup').find((group) => group.name === said[0]);
  return service?.origin.route ?? said[0]!;
}

describe.each(['Passthrough', 'Terminate'] as const)('TLS %s', (mode) => {
  const listeners = [
    ...['*.example.com', '*.a.example.com', undefined].map((hostname, place) =>
      listener({
        name: `l${place}`,
        protocol: 'TLS',
        tls: true,
        port: 443,
        mode,
        certificates: mode === 'Terminate' ? [certificate(`c${place}`)] : [],
        ...(hostname && { hostname }),
      }),
    ),
    listener({ name: 'other', protocol: 'TLS', tls: true, port: 8443, mode }),
  ];
  const state = translated(
    withPorts(
      [
        port('TLS', 443, {
          listeners: ['l0', 'l1', 'l2'],
          mode,
          routes: [
            hosts('wide', '*.example.com'),
            hosts('exact', 'a.example.com', '*.x.example.com'),
            hosts('late', 'a.example.com'),
            l4Route('TLSRoute', 'dead', { hostnames: ['dead.example.com'], backends: [backend('dev', 'dead', 0)] }),
          ],
        }),
        port('TLS', 8443, { listeners: ['other'], mode, routes: [l4Route('TLSRoute', 'every')] }),
      ],
      listeners,
    ),
  );

  it.each([
    [443, 'b.example.com', 'dev/wide'],
    [443, 'B.Example.com', 'dev/wide'],
    [443, 'a.example.com', 'dev/exact'],
    [443, 'y.x.example.com', 'dev/exact'],
    [443, 'y.a.example.com', 'closed'],
    [443, 'dead.example.com', 'closed'],
    [443, 'example.com', 'closed'],
    [443, 'other.org', 'closed'],
    [443, undefined, 'closed'],
    [8443, 'other.org', 'dev/every'],
    [9443, 'b.example.com', 'closed'],
  ])('on port %d sends %s to %s', async (at, name, expected) => {
    expect(await chosen(state, at, name)).toBe(expected);
  });

  it('is a virtual service of its own on the Gateway’s VIP', () => {
    const terminates = mode === 'Terminate';
    const suffix = terminates ? 'TLS' : 'TLS-passthrough';
    const body = only(state, 'virtualservice');
    expect(body).toMatchObject({
      name: `ako-gw-cluster1--default-gw1-${suffix}`,
      application_profile_ref: `/api/applicationprofile/?name=System-${terminates ? 'SSL' : 'L4'}-Application`,
      services: [
        { port: 443, enable_ssl: terminates },
        { port: 8443, enable_ssl: terminates },
      ],
      vs_datascripts: [{ index: 1, vs_datascript_set_ref: expect.stringContaining(`gw1-${suffix}`) }],
    });
    const keys = new Map(ofType(state, 'sslkeyandcertificate').map(({ name, body: { key } }) => [name, key]));
    const refs = (body.ssl_key_and_certificate_refs ?? []) as string[];
    expect(refs.map((ref) => keys.get(ref.split('=')[1]!))).toEqual(
      terminates ? ['key of c2', 'key of c0', 'key of c1'] : [],
    );
    expect(state.objects.flatMap(schemaProblems)).toEqual([]);
  });

  it('begins TLS to backends only where it has ended the client’s', () => {
    const tls = { policy: 'a/b', hostname: 'h', caCertificates: ['x'], system: false, dnsNames: [] };
    const routes = [l4Route('TLSRoute', 'r', { backends: [{ ...backend('dev', 'r'), tls }] })];
    const secured = translated(withPorts([port('TLS', 443, { mode, routes })]));
    expect(ofType(secured, 'pkiprofile')).toHaveLength(mode === 'Terminate' ? 1 : 0);
    expect('ssl_profile_ref' in ofType(secured, 'pool')[0]!.body).toBe(mode === 'Terminate');
  });
});

describe('TLS that ends at the Gateway, with one pool group a port', () => {
  const listeners = [
    listener({ name: 'p443', protocol: 'TLS', tls: true, mode: 'Terminate', port: 443, hostname: '*.example.com' }),
  ];
  const at443 = (...routes: readonly L4Route[]) =>
    translated(withPorts([port('TLS', 443, { mode: 'Terminate', routes })], listeners));

  it('is chosen by the port, so that servers may speak first', () => {
    const state = at443(hosts('r', 'a.example.com', '*.b.example.com'), l4Route('TLSRoute', 'dead', { backends: [] }));
    const [rule] = (only(state, 'l4policyset').l4_connection_policy as { rules: Record<string, unknown>[] }).rules;
    expect(rule).toMatchObject({ name: 'tcp-443', match: { protocol: { protocol: 'PROTOCOL_TCP' } } });
    expect(only(state, 'virtualservice')).toMatchObject({
      l4_policies: [{ index: 1 }],
      vs_datascripts: [{ index: 1 }],
    });
    expect(only(state, 'vsdatascriptset')).not.toHaveProperty('pool_group_refs');
    // Named otherwise than the set that chooses, so that a change of virtual service is a change of all at once.
    expect(only(state, 'vsdatascriptset').name).toMatch(/-TLS-gate$/);
    const several = at443(hosts('r', 'a.example.com'), hosts('s', 's.example.com'));
    expect(only(several, 'vsdatascriptset').name).toMatch(/-TLS$/);
    expect(ofType(several, 'l4policyset')).toEqual([]);
    expect(state.objects.flatMap(schemaProblems)).toEqual([]);
  });

  it.each([
    ['a.example.com', []],
    ['A.Example.com', []],
    ['x.b.example.com', []],
    ['b.example.com', ['closed']],
    ['dead.example.com', ['closed']],
    [undefined, ['closed']],
  ])('closes at the end of the handshake what no route asks for: %s', async (name, expected) => {
    const dead = l4Route('TLSRoute', 'dead', { hostnames: ['dead.example.com'], backends: [] });
    const state = at443(hosts('r', 'a.example.com', '*.b.example.com'), dead);
    const [{ evt }] = only(state, 'vsdatascriptset').datascript as [{ evt: string }];
    expect(evt).toBe('VS_DATASCRIPT_EVT_SSL_HANDSHAKE_DONE');
    expect(await run(state, 443, name)).toEqual(expected);
  });

  it('needs no script where every name is asked for', () => {
    const state = translated(
      withPorts(
        [port('TLS', 443, { mode: 'Terminate', routes: [l4Route('TLSRoute', 'r')] })],
        [listener({ name: 'p443', protocol: 'TLS', tls: true, mode: 'Terminate', port: 443 })],
      ),
    );
    expect(ofType(state, 'vsdatascriptset')).toEqual([]);
    expect(only(state, 'virtualservice')).not.toHaveProperty('vs_datascripts');
  });

  it('takes the group of the route that has the name, not of an older one without traffic or a younger one', () => {
    const empty = l4Route('TLSRoute', 'empty', { hostnames: ['b.example.com'], backends: [] });
    const state = at443(empty, hosts('has', 'a.example.com'), hosts('late', 'a.example.com'));
    const [rule] = (only(state, 'l4policyset').l4_connection_policy as { rules: Record<string, never>[] }).rules;
    const group = ofType(state, 'poolgroup').find(({ name }) => JSON.stringify(rule).includes(name));
    expect(group?.origin.route).toBe('dev/has');
  });
});

describe('the share of invalid backends', () => {
  const broken = (weight: number) => ({
    ...backend('dev', 'gone', weight),
    endpoints: [],
    invalid: { reason: 'BackendNotFound', message: 'gone' },
  });
  const mixed = [backend('dev', 'a', 3), broken(1)];
  /** The part of 200 neighbouring client ports whose connections are closed. */
  async function closedPart(state: ReturnType<typeof translated>, at: number, name?: string): Promise<number> {
    const clientPorts = Array.from({ length: 200 }, (_, place) => 40_000 + place);
    const all = await runEach(state, at, name, clientPorts);
    return all.filter((said) => said.includes('closed')).length / all.length;
  }

  it('is closed on a TCP port when a client connects; others and UDP are left alone', async () => {
    const routes = [l4Route('TCPRoute', 'echo', { backends: mixed })];
    const udpRoutes = [l4Route('UDPRoute', 'echo', { backends: mixed })];
    const state = translated(withPorts([{ ...tcp, routes }, { ...udp, routes: udpRoutes }, port('UDP', 53)]));
    const [{ evt }] = only(state, 'vsdatascriptset').datascript as [{ evt: string }];
    expect(evt).toBe('VS_DATASCRIPT_EVT_TCP_CLIENT_ACCEPT');
    expect(only(state, 'virtualservice')).toMatchObject({
      l4_policies: [{ index: 1 }],
      vs_datascripts: [{ index: 1 }],
    });
    expect(await closedPart(state, 9000)).toBe(0.25);
    expect(await closedPart(state, 9001)).toBe(0);
    expect(state.objects.flatMap(schemaProblems)).toEqual([]);
  });

  it('is closed for a name of TLS', async () => {
    for (const mode of ['Passthrough', 'Terminate'] as const) {
      const routes = [l4Route('TLSRoute', 'r', { backends: mixed, hostnames: ['a.example.com'] })];
      const state = translated(withPorts([port('TLS', 443, { mode, routes })]));
      expect(await closedPart(state, 443, 'a.example.com')).toBe(0.25);
      expect(await closedPart(state, 443, 'b.example.com')).toBe(1);
      const both = [...routes, l4Route('TLSRoute', 's', { hostnames: ['s.example.com'] })];
      const chosenByName = translated(withPorts([port('TLS', 443, { mode, routes: both })]));
      expect(await closedPart(chosenByName, 443, 'a.example.com')).toBe(0.25);
      expect(await closedPart(chosenByName, 443, 's.example.com')).toBe(0);
    }
  });

  it('is never nothing and never everything', async () => {
    const state = (weight: number, other: number) =>
      translated(
        withPorts([
          { ...tcp, routes: [l4Route('TCPRoute', 'e', { backends: [backend('dev', 'a', other), broken(weight)] })] },
        ]),
      );
    expect(await closedPart(state(1, 1000), 9000)).toBe(0.01);
    expect(await closedPart(state(1000, 1), 9000)).toBe(0.99);
    expect(ofType(state(0, 1), 'vsdatascriptset')).toEqual([]);
  });
});
