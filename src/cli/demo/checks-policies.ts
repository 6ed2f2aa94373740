/** Checks of what policies attach: a health check, cookies, a WAF policy. */
import type { AviClient } from '../../avi/client.ts';
import type { BackendAnswer } from './backends.ts';
import type { Check } from './check.ts';
import { get, type Target } from './requests.ts';
import { HOSTNAME } from './workspace.ts';

/** What the controller's administrator has made, and a policy names. */
export const WAF_POLICY = 'demo-waf';

const rounds = 8;
const monitoredServices = ['blue', 'blue-canary', 'green', 'home', 'pink'];

type Body = Readonly<Record<string, unknown>>;

/** Makes what the policies name; the simulator has no WAF profiles, and takes one that is named by uuid to be there. */
export async function createWafPolicy(client: Pick<AviClient, 'request'>): Promise<void> {
  const body = {
    name: WAF_POLICY,
    mode: 'WAF_MODE_DETECTION_ONLY',
    waf_profile_ref: '/api/wafprofile/wafprofile-demo',
  };
  await client.request('POST', '/api/wafpolicy', { tenant: 'admin', body });
}

async function objects(type: string, { controller }: Target): Promise<readonly Body[]> {
  return controller.list(`/api/${type}/`, { tenant: '*', query: { include_name: 'true', page_size: '100' } });
}

function namesIn(refs: unknown): readonly string[] {
  return (Array.isArray(refs) ? refs : [refs]).map((ref) => String(ref).split('#').at(-1) ?? '');
}

function serviceOf({ markers }: Body): string {
  const all = (Array.isArray(markers) ? markers : []) as readonly { key?: string; values?: readonly string[] }[];
  return all.find(({ key }) => key === 'BackendName')?.values?.[0] ?? '';
}

export const policyChecks: readonly Check[] = [
  {
    what: 'Services that are checked by HTTP on /healthz',
    expected: monitoredServices.join(', '),
    run: async (target) => {
      const monitors = await objects('healthmonitor', target);
      const http = monitors.filter((one) => JSON.stringify(one['http_monitor'] ?? '').includes('/healthz'));
      const names = http.map(({ name }) => name);
      const pools = await objects('pool', target);
      const checked = pools.filter((pool) => namesIn(pool['health_monitor_refs']).some((name) => names.includes(name)));
      return [...new Set(checked.map(serviceOf))].sort().join(', ');
    },
  },
  {
    what: `https://${HOSTNAME}/green, ${rounds} times without a cookie, then with the first one's`,
    expected: '2 servers, then 1',
    run: async (target) => {
      const url = `https://${HOSTNAME}:${target.httpsPort}/green`;
      const first = await get(url, target);
      const cookie = first.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
      const ask = async (headers: Readonly<Record<string, string>>) => {
        const servers = new Set<string>();
        for (let sent = 0; sent < rounds; sent += 1) {
          const { body } = await get(url, target, headers);
          servers.add((JSON.parse(body) as BackendAnswer).server);
        }
        return servers.size;
      };
      return `${await ask({})} servers, then ${await ask({ cookie })}`;
    },
  },
  {
    what: `the virtual services of HTTPRoute dev/application01 with WAF policy ${WAF_POLICY} (not executed here)`,
    expected: 'all 4',
    run: async (target) => {
      const services = await objects('virtualservice', target);
      const own = services.filter((one) => JSON.stringify(one['markers'] ?? '').includes('"application01"'));
      const covered = own.filter((one) => namesIn(one['waf_policy_ref']).includes(WAF_POLICY));
      return own.length === covered.length ? `all ${own.length}` : `${covered.length} of ${own.length}`;
    },
  },
];
