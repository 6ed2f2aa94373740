/** What goes to servers, and what comes of them; Service Engines must reach this program. */
import { createServer as createTcpServer } from 'node:net';
import { createServer } from 'node:http';
import type { JsonObject } from '../../../translate/desired.ts';
import type { Bench } from '../bench.ts';
import type { Check } from '../check.ts';
import { listening, makeServerPool } from '../local-servers.ts';

/** Makes a child that forwards to a server of ours. */
async function forwarding(
  bench: Bench,
  name: string,
  port: number,
  pool: JsonObject,
  rules: readonly JsonObject[] = [],
): Promise<string> {
  await makeServerPool(bench, `${name}-pool`, port, pool);
  const host = bench.host(name);
  await bench.children({
    name,
    matches: { [host]: [['BEGINS_WITH', '/']] },
    rules,
    fields: { pool_ref: bench.workshop.ref('pool', `${name}-pool`) },
  });
  return host;
}

/** The answer's status, or why there was none. */
async function answerOf(bench: Bench, host: string): Promise<string> {
  return bench.ask({ host }).then(
    ({ status }) => String(status),
    (error: Error) => error.message,
  );
}

const http2Preface = 'PRI * HTTP/2.0';

export const serverChecks: readonly Check[] = [
  {
    id: 'added-header',
    assumed: 'HTTP_ADD_HDR on a header that is there already adds a line or joins the values',
    needs: 'server',
    run: (bench) => {
      const echo = createServer((request, response) => {
        const lines = request.rawHeaders.filter((_, place) => {
          return place % 2 === 1 && request.rawHeaders[place - 1]?.toLowerCase() === 'x-probe';
        });
        response.end(lines.join('|'));
      });
      return listening(echo, bench, async (port) => {
        const add = {
          hdr_action: [{ action: 'HTTP_ADD_HDR', hdr: { name: 'x-probe', value: { val: 'two' } }, hdr_index: 0 }],
        };
        const host = await forwarding(bench, 'added', port, {}, [add]);
        const { status, body } = await bench.ask({ host, headers: { 'x-probe': 'one' } });
        return {
          holds: /^one(\||, ?)two$/.test(body),
          observed: status === 200 ? `the server gets ${body}` : `answered with ${status}`,
        };
      });
    },
  },
  {
    id: 'server-timeout',
    assumed: 'when server_timeout passes the answer is 504',
    needs: 'server',
    run: (bench) =>
      listening(
        createServer(() => undefined),
        bench,
        async (port) => {
          const host = await forwarding(bench, 'timeout', port, { server_timeout: 500 });
          const answer = await answerOf(bench, host);
          return { holds: answer === '504', observed: `answered with ${answer}` };
        },
      ),
  },
  {
    id: 'cleartext-http2-to-servers',
    assumed: 'a pool with enable_http2 and no TLS speaks HTTP/2 by prior knowledge',
    needs: 'server',
    run: (bench) => {
      let first = '';
      const tcp = createTcpServer((socket) => {
        socket.once('data', (data) => {
          first ||= data.toString('latin1').slice(0, http2Preface.length);
          socket.destroy();
        });
      });
      return listening(tcp, bench, async (port) => {
        const host = await forwarding(bench, 'pool-http2', port, { enable_http2: true });
        await bench.ask({ host }).catch(() => undefined);
        return { holds: first === http2Preface, observed: first === http2Preface ? 'HTTP/2' : `begins with ${first}` };
      });
    },
  },
  {
    id: 'refused-connection',
    assumed: 'when no server takes the connection the answer is 503',
    needs: 'server',
    run: async (bench) => {
      const port = await listening(createTcpServer(), bench, (free) => Promise.resolve(free));
      const host = await forwarding(bench, 'refused', port, {});
      const answer = await answerOf(bench, host);
      return { holds: answer === '503', observed: `answered with ${answer}` };
    },
  },
  {
    id: 'reselect-of-one-server',
    assumed: 'server_reselect does not try the only server of a pool again',
    needs: 'server',
    run: (bench) => {
      let requests = 0;
      const failing = createServer((_request, response) => {
        requests += 1;
        response.writeHead(503).end();
      });
      return listening(failing, bench, async (port) => {
        const server_reselect = { enabled: true, num_retries: 3, svr_resp_code: { codes: [503] } };
        const host = await forwarding(bench, 'reselect', port, { server_reselect });
        const answer = await answerOf(bench, host);
        return { holds: requests === 1, observed: `asked ${requests} times, answered with ${answer}` };
      });
    },
  },
];
