import type { AviClient } from '../../avi/client.ts';
import { markerValues } from '../../plan/inventory/identity.ts';
import type { JsonObject } from '../../translate/desired.ts';

/** One line of the tree with what is under it. */
export interface TreeNode {
  readonly text: string;
  readonly children: readonly TreeNode[];
}

type Body = Readonly<Record<string, unknown>>;

interface Objects {
  readonly byName: ReadonlyMap<string, Body>;
  /** Health by `type uuid`, where the controller reports it. */
  readonly health: ReadonlyMap<string, Health>;
}

interface Health {
  readonly state: string;
  readonly servers: ReadonlyMap<string, string>;
}

const types = ['virtualservice', 'vsvip', 'poolgroup', 'pool'] as const;

function list(value: unknown): readonly Body[] {
  return Array.isArray(value) ? (value as readonly Body[]) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Name in a ref as the controller returns it with include_name: `…/<uuid>#<name>`. */
function refName(ref: unknown): string {
  return textOf(ref).split('#').at(-1) ?? '';
}

function stateOf(value: unknown): string {
  const status = (value as { oper_status?: { state?: unknown } } | undefined)?.oper_status;
  return textOf(status?.state).replace(/^OPER_/, '') || 'UNKNOWN';
}

/** Health of a pool from its detailed run-time reply, whose first element holds the pool's state. */
async function poolHealth(client: AviClient, uuid: string): Promise<Health> {
  const read = async (path: string): Promise<readonly Body[]> => {
    const { body } = await client.request('GET', path, { tenant: '*' });
    return Array.isArray(body) ? (body as readonly Body[]) : list((body as Body | undefined)?.results ?? [body]);
  };
  const [pool] = await read(`/api/pool/${uuid}/runtime/detail/`);
  const servers = await read(`/api/pool/${uuid}/runtime/server/detail/`);
  return {
    state: stateOf(pool),
    servers: new Map(
      servers.map((server) => {
        const address = textOf((server.ip_addr as Body | undefined)?.addr);
        return [`${address}:${Number(server.port)}`, stateOf(server)];
      }),
    ),
  };
}

async function readObjects(client: AviClient): Promise<Objects> {
  const query = { include_name: 'true', page_size: '100' };
  const lists = await Promise.all(
    types.map(async (type) => ({ type, bodies: await client.list(`/api/${type}/`, { tenant: '*', query }) })),
  );
  const byName = new Map(
    lists.flatMap(({ type, bodies }) => bodies.map((body): [string, Body] => [`${type} ${textOf(body.name)}`, body])),
  );
  const pools = lists.find(({ type }) => type === 'pool')?.bodies ?? [];
  const health = await Promise.all(
    pools.map(async ({ uuid }): Promise<[string, Health]> => [
      textOf(uuid),
      await poolHealth(client, textOf(uuid)).catch(() => ({ state: 'UNKNOWN', servers: new Map<string, string>() })),
    ]),
  );
  return { byName, health: new Map(health) };
}

function marker(body: Body, key: string): string {
  return markerValues(body as JsonObject, key)[0] ?? '';
}

function poolNode(objects: Objects, name: string, ratio: string): TreeNode {
  const pool = objects.byName.get(`pool ${name}`);
  if (!pool) return { text: `pool ${name}: missing`, children: [] };
  const health = objects.health.get(textOf(pool.uuid));
  const members = list(pool.servers).map((server) => {
    const address = `${textOf((server.ip as Body | undefined)?.addr)}:${Number(server.port)}`;
    return { text: `member ${address} ${health?.servers.get(address) ?? 'UNKNOWN'}`, children: [] };
  });
  const backend = `${marker(pool, 'BackendNs')}/${marker(pool, 'BackendName')}`;
  return { text: `pool of Service ${backend}${ratio} ${health?.state ?? 'UNKNOWN'}`, children: members };
}

function poolGroupNode(objects: Objects, name: string): TreeNode {
  const group = objects.byName.get(`poolgroup ${name}`);
  const members = list(group?.members);
  const children = members.map((member) =>
    poolNode(objects, refName(member.pool_ref), members.length > 1 ? `, ratio ${Number(member.ratio)}` : ''),
  );
  return { text: `pool group ${name}`, children };
}

function describeRule(rule: Body): string {
  const path = (rule.matches as Body | undefined)?.path as Body | undefined;
  const prefix = path?.match_criteria === 'BEGINS_WITH' ? '*' : '';
  const texts = Array.isArray(path?.match_str) ? (path.match_str as readonly string[]) : [];
  return texts.map((text) => `${text}${prefix}`).join(' ');
}

function childNode(objects: Objects, child: Body): TreeNode {
  const matches = list(child.vh_matches);
  const hosts = matches.map((match) => textOf(match.host));
  const paths = [...new Set(matches.flatMap((match) => list(match.rules).map(describeRule)))];
  const group = refName(child.pool_group_ref);
  return {
    text: `child of ${routeOf(child)}: ${hosts.join(', ')}  ${paths.join('  ')}`,
    children: group ? [poolGroupNode(objects, group)] : [],
  };
}

/** The route that an object is for, as `HTTPRoute dev/app`: routes of other kinds have markers of their own. */
function routeOf(body: Body): string {
  const kind = marker(body, 'RouteKind');
  const [prefix, shown] = kind === '' ? ['HTTPRoute', 'HTTPRoute'] : ['Route', kind];
  return `${shown} ${marker(body, `${prefix}Namespace`)}/${marker(body, `${prefix}Name`)}`;
}

function isOf(gateway: Body): (body: Body) => boolean {
  const name = (body: Body) => `${marker(body, 'GatewayNamespace')}/${marker(body, 'GatewayName')}`;
  return (body) => name(body) === name(gateway);
}

/** Routes below HTTP have pool groups and no child. */
function belowHttp(objects: Objects, gateway: Body): readonly TreeNode[] {
  return [...objects.byName.entries()]
    .filter(([id, body]) => id.startsWith('poolgroup ') && isOf(gateway)(body))
    .filter(([, body]) => ['TLSRoute', 'TCPRoute', 'UDPRoute'].includes(marker(body, 'RouteKind')))
    .map(([, body]) => ({ text: routeOf(body), children: [poolGroupNode(objects, textOf(body.name))] }))
    .toSorted((a, b) => (a.text < b.text ? -1 : 1));
}

/** Ports of all virtual services of the Gateway. */
function portsOf(objects: Objects, gateway: Body): readonly string[] {
  const others = [...objects.byName.values()].filter((body) => body.type === 'VS_TYPE_NORMAL' && isOf(gateway)(body));
  return [gateway, ...others].flatMap((body) =>
    list(body.services).map((service) => {
      const udp = refName(service.override_network_profile_ref).includes('UDP');
      return `${Number(service.port)}${service.enable_ssl ? ' (TLS)' : ''}${udp ? ' (UDP)' : ''}`;
    }),
  );
}

function parentNode(objects: Objects, parent: Body): TreeNode {
  const vip = objects.byName.get(`vsvip ${refName(parent.vsvip_ref)}`);
  const addresses = list(vip?.vip).map((entry) => textOf(((entry.ip_address ?? entry.ip6_address) as Body)?.addr));
  const children = [...objects.byName.values()]
    .filter((body) => body.type === 'VS_TYPE_VH_CHILD' && refName(body.vh_parent_vs_ref) === parent.name)
    .map((child) => childNode(objects, child))
    .toSorted((a, b) => (a.text < b.text ? -1 : 1));
  return {
    text: `Gateway ${marker(parent, 'GatewayNamespace')}/${marker(parent, 'GatewayName')}`,
    children: [
      {
        text: `VIP ${addresses.join(', ')} ports ${portsOf(objects, parent).join(', ')}`,
        children: [...children, ...belowHttp(objects, parent)],
      },
    ],
  };
}

/** Reads from the controller what is programmed: Gateway → VIP → children → pool groups → pools → members. */
export async function readTopology(client: AviClient): Promise<readonly TreeNode[]> {
  const objects = await readObjects(client);
  return [...objects.byName.values()]
    .filter((body) => body.type === 'VS_TYPE_VH_PARENT')
    .map((parent) => parentNode(objects, parent));
}

/** The tree as indented lines. */
export function formatTree(nodes: readonly TreeNode[], indent = ''): string {
  return nodes
    .map((node, index) => {
      const last = index === nodes.length - 1;
      const below = formatTree(node.children, `${indent}${last ? '   ' : '│  '}`);
      return `${indent}${last ? '└─ ' : '├─ '}${node.text}\n${below}`;
    })
    .join('');
}
