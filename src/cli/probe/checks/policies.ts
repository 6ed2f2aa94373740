/** How HTTP policies are evaluated. */
import type { JsonObject } from '../../../translate/desired.ts';
import { redirectTo, type Bench } from '../bench.ts';
import type { Check, Observation } from '../check.ts';
import { localStatus } from './selection.ts';

const everything = [['BEGINS_WITH', '/']] as const;

/** Makes a child with these rules; anything they leave is answered with `none`. */
async function childWith(bench: Bench, name: string, rules: readonly JsonObject[]): Promise<string> {
  const host = bench.host(name);
  await bench.children({ name, matches: { [host]: everything }, rules: [...rules, redirectTo('none')] });
  return host;
}

function pathIs(criteria: string, value: string, more: JsonObject = {}): JsonObject {
  return { match: { path: { match_criteria: criteria, match_case: 'SENSITIVE', match_str: [value], ...more } } };
}

function headerIs(value: string): JsonObject {
  return {
    match: { hdrs: [{ hdr: 'x-probe', match_criteria: 'HDR_EQUALS', match_case: 'SENSITIVE', value: [value] }] },
  };
}

const addHeader: JsonObject = {
  hdr_action: [{ action: 'HTTP_ADD_HDR', hdr: { name: 'x-more', value: { val: 'more' } }, hdr_index: 0 }],
};

async function statuses(bench: Bench, name: string, codes: readonly number[]): Promise<Observation> {
  const refused: number[] = [];
  const wrong: string[] = [];
  for (const code of codes) {
    const host = await childWith(bench, `${name}-${code}`, [localStatus(code)]).catch(() => undefined);
    if (host === undefined) refused.push(code);
    else {
      const { status } = await bench.ask({ host });
      if (status !== code) wrong.push(`${code} becomes ${status}`);
    }
  }
  const faults = [...refused.map((code) => `${code} refused`), ...wrong];
  return { holds: faults.length === 0, observed: faults.join(', ') || `${codes.join(', ')} as configured` };
}

export const policyChecks: readonly Check[] = [
  {
    id: 'first-terminal-rule-ends',
    assumed: 'the first matching rule with a redirect or switching action ends the policy; rules before it do not',
    needs: 'traffic',
    run: async (bench) => {
      const host = await childWith(bench, 'first', [addHeader, redirectTo('second'), redirectTo('third')]);
      const answer = await bench.reached({ host });
      return { holds: answer === 'second', observed: `of rules add, redirect, redirect the ${answer} answers` };
    },
  },
  {
    id: 'rules-by-index',
    assumed: 'rules are tried by their index, not by their place in the list',
    needs: 'traffic',
    run: async (bench) => {
      const host = bench.host('by-index');
      // The rule by which the bench sees that the child serves is first, with index 1.
      const rules = [redirectTo('low'), redirectTo('high')].map((rule, place) => ({ ...rule, index: 20 + place }));
      await bench.children({ name: 'by-index', matches: { [host]: everything }, rules: rules.toReversed() });
      const answer = await bench.reached({ host });
      return { holds: answer === 'low', observed: `the rule with the ${answer} index answers` };
    },
  },
  {
    id: 'repeated-header',
    assumed: 'of a header that comes twice each line is compared by itself',
    needs: 'traffic',
    run: async (bench) => {
      const seen: string[] = [];
      for (const [place, value] of ['a', 'b', 'a,b', 'a, b'].entries()) {
        const host = await childWith(bench, `repeated-${place}`, [{ ...headerIs(value), ...redirectTo('match') }]);
        const answer = await bench.reached({ host, headers: { 'x-probe': ['a', 'b'] } });
        if (answer === 'match') seen.push(JSON.stringify(value));
      }
      const lines = seen.includes('"a"') && seen.includes('"b"') && seen.length === 2;
      return { holds: lines, observed: `lines a and b match ${seen.join(', ') || 'nothing'}` };
    },
  },
  {
    id: 'regex-is-searched',
    assumed: 'a regular expression without anchors may match anywhere in the path',
    needs: 'traffic',
    run: async (bench) => {
      const host = await childWith(bench, 'searched', [
        { ...pathIs('REGEX_MATCH', 'mid[a-z]le'), ...redirectTo('match') },
      ]);
      const answer = await bench.reached({ host, path: '/x/middle/y' });
      return { holds: answer === 'match', observed: answer === 'match' ? 'searched' : 'anchored' };
    },
  },
  {
    id: 'regex-look-ahead',
    assumed: 'nothing: look-ahead is not used',
    needs: 'traffic',
    run: async (bench) => {
      const rule = { ...pathIs('REGEX_MATCH', '^/(?!no)'), ...redirectTo('match') };
      const host = await childWith(bench, 'look-ahead', [rule]).catch((error: Error) => error);
      if (host instanceof Error) return { observed: `refused: ${host.message}` };
      const [yes, no] = await Promise.all(['/yes', '/no'].map((path) => bench.reached({ host, path })));
      return { observed: yes === 'match' && no !== 'match' ? 'works' : 'accepted, does not work' };
    },
  },
  {
    id: 'path-is-decoded',
    assumed: 'a path is compared decoded, and as it is with match_decoded_string: false',
    needs: 'traffic',
    run: async (bench) => {
      const raw = { match_decoded_string: false };
      const host = await childWith(bench, 'decoded', [
        { ...pathIs('EQUALS', '/a-b'), ...redirectTo('decoded') },
        { ...pathIs('EQUALS', '/c%2Fd', raw), ...redirectTo('raw') },
      ]);
      const [decoded, asIs] = await Promise.all(['/a%2Db', '/c%2Fd'].map((path) => bench.reached({ host, path })));
      return {
        holds: decoded === 'decoded' && asIs === 'raw',
        observed: `decoded ${decoded === 'decoded' ? 'yes' : 'no'}, as it is ${asIs === 'raw' ? 'yes' : 'no'}`,
      };
    },
  },
  {
    id: 'host-condition-and-port',
    assumed: 'nothing: host conditions are written for a Host header with and without a port',
    needs: 'traffic',
    run: async (bench) => {
      const name = 'condition-port';
      const match = {
        host_hdr: { match_criteria: 'HDR_EQUALS', match_case: 'INSENSITIVE', value: [bench.host(name)] },
      };
      const host = await childWith(bench, name, [{ match, ...redirectTo('match') }]);
      const answer = await bench.reached({ host: `${host}:8443` });
      return { observed: answer === 'match' ? 'the port is left out' : 'the port is compared' };
    },
  },
  {
    id: 'local-status-codes',
    assumed: 'other_status_code answers 500',
    needs: 'traffic',
    run: (bench) => statuses(bench, 'local', [500]),
  },
  {
    id: 'more-local-status-codes',
    assumed: "nothing: other status codes of Avi's own are not used",
    needs: 'traffic',
    run: async (bench) => {
      const { observed } = await statuses(bench, 'local-more', [421, 503, 504]);
      return { observed };
    },
  },
  {
    id: 'server-name-and-host',
    assumed: 'a request whose Host is not its TLS server name is refused',
    needs: 'traffic',
    run: async (bench) => {
      const host = await childWith(bench, 'server-name', [redirectTo('served')]);
      const answer = await bench
        .reached({ host, sni: bench.host('sni') })
        .catch((error: Error) => `closed (${error.message})`);
      return { holds: answer !== 'served', observed: answer === 'served' ? 'served' : `answered with ${answer}` };
    },
  },
  {
    id: 'cleartext-http2',
    assumed: 'a service with enable_http2 and no TLS takes HTTP/2 by prior knowledge',
    needs: 'traffic',
    run: async (bench) => {
      const host = await childWith(bench, 'http2', [localStatus(204)]);
      const answer = await bench.askHttp2(host).catch((error: Error) => error.message);
      return { holds: answer === 204, observed: `answered with ${answer}` };
    },
  },
];
