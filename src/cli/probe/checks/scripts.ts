/** What DataScripts may do. */
import type { Bench } from '../bench.ts';
import type { Check, Observation } from '../check.ts';

/** Runs a script for one request. @returns status and body. */
async function runScript(bench: Bench, name: string, script: string): Promise<{ status: number; body: string }> {
  const { workshop, config } = bench;
  const cloud = { cloud_ref: `/api/cloud?name=${encodeURIComponent(config.cloud)}` };
  await workshop.make('pool', `${name}-pool`, { ...cloud, ...poolNetwork(bench), servers: [] });
  await workshop.make('poolgroup', `${name}-group`, {
    ...cloud,
    members: [{ pool_ref: workshop.ref('pool', `${name}-pool`), ratio: 1 }],
  });
  await workshop.make('vsdatascriptset', `${name}-script`, {
    datascript: [{ evt: 'VS_DATASCRIPT_EVT_HTTP_REQ', script }],
  });
  await bench.children({
    name,
    matches: { [bench.host(name)]: [['BEGINS_WITH', '/']] },
    rules: [],
    fields: {
      pool_group_ref: workshop.ref('poolgroup', `${name}-group`),
      vs_datascripts: [{ index: 1, vs_datascript_set_ref: workshop.ref('vsdatascriptset', `${name}-script`) }],
    },
  });
  return bench.ask({ host: bench.host(name) });
}

function poolNetwork({ config }: Bench): Readonly<Record<string, string>> {
  if (config.nsxtT1LR !== undefined) return { tier1_lr: config.nsxtT1LR };
  return { vrf_ref: `/api/vrfcontext?name=${encodeURIComponent(config.vrf)}` };
}

async function works(bench: Bench, name: string, expression: string): Promise<Observation> {
  const { status, body } = await runScript(
    bench,
    name,
    `avi.http.response(200, {}, "value " .. tostring(${expression}))`,
  );
  return { observed: status === 200 ? `gives ${body.replace(/^value /, '')}` : `answered with ${status}` };
}

function responds(code: number): Check {
  return {
    id: `script-response-${code}`,
    assumed: code === 303 ? 'a script may answer with 303' : `nothing: a script's answer ${code} is not used`,
    needs: 'traffic',
    run: async (bench) => {
      const { status } = await runScript(bench, `response-${code}`, `avi.http.response(${code}, {}, "")`).catch(
        (error: Error) => ({ status: error.message }),
      );
      return { ...(code === 303 && { holds: status === code }), observed: `answered with ${status}` };
    },
  };
}

export const scriptChecks: readonly Check[] = [
  {
    id: 'script-without-server',
    assumed: 'a script runs and answers for a pool group without servers',
    needs: 'traffic',
    run: async (bench) => {
      const { status, body } = await runScript(bench, 'script', 'avi.http.response(200, {}, "ran")');
      return { holds: status === 200 && body === 'ran', observed: `answered with ${status} ${body}`.trim() };
    },
  },
  ...[303, 308, 421, 504].map(responds),
  {
    id: 'script-random',
    assumed: 'nothing: math.random is not used',
    needs: 'traffic',
    run: (bench) => works(bench, 'random', 'math.random(1, 6)'),
  },
  {
    id: 'script-patterns',
    assumed: 'nothing: string.match is not used',
    needs: 'traffic',
    run: (bench) => works(bench, 'patterns', 'string.match("abc", "b")'),
  },
];
