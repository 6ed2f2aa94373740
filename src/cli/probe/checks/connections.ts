/** What happens below HTTP: TCP and UDP by L4 policy, and TLS that is passed through by name. */
import { createServer as createTcpServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { JsonObject } from '../../../translate/desired.ts';
import { luaString } from '../../../translate/scripts/lua.ts';
import { passthroughLines } from '../../../translate/scripts/tls-script.ts';
import { createAuthority } from '../../demo/certificates.ts';
import type { Bench } from '../bench.ts';
import type { Check } from '../check.ts';
import { exchange, firstWords, handshakeWith, openDatagrams } from '../connections.ts';
import { answering, listening, makeServerPool } from '../local-servers.ts';
import type { Made } from '../objects.ts';

const greeting = 'probe greets';
const close = 'avi.vs.close_conn()';

/** Makes a pool group with one pool of the one server. @returns its full name. */
async function makeGroup(bench: Bench, name: string, port: number): Promise<string> {
  const { workshop, config } = bench;
  await makeServerPool(bench, `${name}-pool`, port);
  const { name: group } = await workshop.make('poolgroup', `${name}-group`, {
    cloud_ref: `/api/cloud?name=${encodeURIComponent(config.cloud)}`,
    members: [{ pool_ref: workshop.ref('pool', `${name}-pool`), ratio: 1 }],
  });
  return group;
}

const udpService = (port: number): JsonObject => ({
  port,
  enable_ssl: false,
  override_network_profile_ref: '/api/networkprofile/?name=System-UDP-Fast-Path',
});

/** A policy that leads each of these protocols on the port to the pool group of the same short name. */
async function makePolicy(bench: Bench, name: string, groups: readonly (readonly ['TCP' | 'UDP', string])[]) {
  const { workshop, ports } = bench;
  const rules = groups.map(([protocol, group], place) => ({
    name: `rule-${place + 1}`,
    enable: true,
    index: place + 1,
    match: {
      port: { match_criteria: 'IS_IN', ports: [ports.l4] },
      protocol: { match_criteria: 'IS_IN', protocol: `PROTOCOL_${protocol}` },
    },
    action: {
      select_pool: {
        action_type: 'L4_RULE_ACTION_SELECT_POOLGROUP',
        pool_group_ref: workshop.ref('poolgroup', `${group}-group`),
      },
    },
  }));
  await workshop.make('l4policyset', `${name}-policy`, { l4_connection_policy: { rules } });
  return { l4_policies: [{ index: 1, l4_policy_set_ref: workshop.ref('l4policyset', `${name}-policy`) }] };
}

/** A virtual service that gives its port back after `use`. */
async function whileServed<Result>({ workshop }: Bench, service: Made, use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } finally {
    await workshop.remove(service);
  }
}

const tcpAndUdp: Check = {
  id: 'tcp-and-udp-on-one-port',
  assumed:
    'a virtual service has a port for TCP and for UDP, an L4 policy tells them apart, and servers may speak first',
  needs: 'server',
  run: (bench) => {
    const { address, ports } = bench;
    const greeter = createTcpServer((socket) => void socket.end(greeting));
    return listening(greeter, bench, (tcpPort) =>
      answering(
        (text) => `${greeting} ${text}`,
        bench,
        async (udpPort) => {
          await makeGroup(bench, 'both-tcp', tcpPort);
          await makeGroup(bench, 'both-udp', udpPort);
          const policy = await makePolicy(bench, 'both', [
            ['TCP', 'both-tcp'],
            ['UDP', 'both-udp'],
          ]);
          const services = [{ port: ports.l4, enable_ssl: false }, udpService(ports.l4)];
          const service = await bench.virtualService('both', { services, ...policy });
          return whileServed(bench, service, async () => {
            const tcp = await bench.eventually(() => firstWords(address, ports.l4), greeting);
            const udp = await bench.eventually(() => exchange(address, ports.l4, 'one'), `${greeting} one`);
            return {
              holds: tcp === greeting && udp === `${greeting} one`,
              observed: `TCP ${tcp === greeting ? 'served' : tcp}, UDP ${udp === `${greeting} one` ? 'served' : udp}`,
            };
          });
        },
      ),
    );
  },
};

const udpFlows: Check = {
  id: 'udp-flows',
  assumed:
    'datagrams of one client port reach the server from one port, those of another from another, and answers find back',
  needs: 'server',
  run: (bench) =>
    answering(
      (text, { address, port }) => `${text} ${address}:${port}`,
      bench,
      async (udpPort) => {
        const { address, ports } = bench;
        await makeGroup(bench, 'flows', udpPort);
        const policy = await makePolicy(bench, 'flows', [['UDP', 'flows']]);
        const service = await bench.virtualService('flows', { services: [udpService(ports.l4)], ...policy });
        return whileServed(bench, service, async () => {
          const word = async () => (await exchange(address, ports.l4, 'ready')).replace(/^ready .*/, 'ready');
          const served = await bench.eventually(word, 'ready');
          if (served !== 'ready') return { holds: false, observed: served };
          return judgeFlows(await interleaved(address, ports.l4));
        });
      },
    ),
};

/** Two clients in turn, three datagrams each. @returns the answers of each. */
async function interleaved(address: string, port: number): Promise<readonly (readonly string[])[]> {
  const clients = [openDatagrams(address, port), openDatagrams(address, port)];
  const answers: string[][] = clients.map(() => []);
  try {
    for (const turn of [1, 2, 3]) {
      for (const [place, client] of clients.entries()) answers[place]?.push(await client.ask(`${place}-${turn}`));
    }
  } finally {
    for (const client of clients) client.close();
  }
  return answers;
}

function judgeFlows(answers: readonly (readonly string[])[]): { readonly holds: boolean; readonly observed: string } {
  const isOwn = answers.every((list, place) => list.every((text, turn) => text.startsWith(`${place}-${turn + 1} `)));
  if (!isOwn) return { holds: false, observed: `answers of others, or none: ${answers.flat().join(', ')}` };
  const sources = answers.map((list) => new Set(list.map((text) => text.split(' ')[1])));
  const isOne = sources.every(({ size }) => size === 1);
  const isApart = new Set(sources.flatMap((set) => [...set])).size === sources.length;
  const observed = `each client its own answers, ${isOne ? 'one port' : 'several ports'} for a client, ${isApart ? 'each its own' : 'one for both'}`;
  return { holds: isOne && isApart, observed };
}

const passthrough: Check = {
  id: 'tls-passthrough',
  assumed:
    'a script with Default-TLS sends a connection to the pool group of its server name, the hello also in pieces, and closes others',
  needs: 'server',
  run: async (bench) => {
    const { workshop, address, ports } = bench;
    const name = bench.host('passed');
    const pair = await (await createAuthority('avi-gateway probe')).issue([name]);
    const server = createTlsServer({ cert: pair.certificate, key: pair.key }, (socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(greeting);
    });
    return listening(server, bench, async (port) => {
      const group = await makeGroup(bench, 'passed', port);
      const select = [`if name == ${luaString(name)} then`, `  avi.poolgroup.select(${luaString(group)})`];
      const script = passthroughLines([...select, 'else', `  ${close}`, 'end']).join('\n');
      await workshop.make('vsdatascriptset', 'passed-script', {
        datascript: [{ evt: 'VS_DATASCRIPT_EVT_L4_REQUEST', script }],
        protocol_parser_refs: ['/api/protocolparser/?name=Default-TLS'],
        pool_group_refs: [workshop.ref('poolgroup', 'passed-group')],
      });
      const service = await bench.virtualService('passed', {
        services: [{ port: ports.tls, enable_ssl: false }],
        vs_datascripts: [{ index: 1, vs_datascript_set_ref: workshop.ref('vsdatascriptset', 'passed-script') }],
      });
      return whileServed(bench, service, async () => {
        const ask = (servername: string, pieces?: number) =>
          handshakeWith(address, ports.tls, {
            servername,
            ca: pair.certificate,
            ...(pieces !== undefined && { pieces }),
          });
        const whole = await bench.eventually(() => ask(name), 'reached');
        const pieces = await ask(name, 30);
        const other = await ask(bench.host('other'));
        const plain = await firstWords(address, ports.tls, 'GET / HTTP/1.1\r\nHost: probe.invalid\r\n\r\n');
        return {
          holds: whole === 'reached' && pieces === 'reached' && other === 'closed' && plain === 'closed',
          observed: `its name ${whole}, in pieces ${pieces}, another name ${other}, what is not TLS ${plain}`,
        };
      });
    });
  },
};

export const connectionChecks: readonly Check[] = [tcpAndUdp, udpFlows, passthrough];
