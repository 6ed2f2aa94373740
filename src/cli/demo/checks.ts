import { DEMO_HEADER, type BackendAnswer } from './backends.ts';
import type { Check, CheckResult } from './check.ts';
import { endToEnd } from './checks-end-to-end.ts';
import { policyChecks } from './checks-policies.ts';
import { get, type Target } from './requests.ts';
import { ALIAS, HOSTNAME } from './workspace.ts';

/** URLs as a browser has them: with the port that the demo listens on. */
const secure = (hostname: string, path: string, target: Target) => `https://${hostname}:${target.httpsPort}${path}`;
const plain = (hostname: string, path: string, target: Target) => `http://${hostname}:${target.httpPort}${path}`;

const canaryRequests = 300;
/** Of 300 requests at 10 %, 30 are expected; 4 standard deviations of a random choice are 21. */
const canaryRange = { from: 9, to: 51 } as const;

const pages: readonly (readonly [path: string, service: RegExp, header: boolean])[] = [
  ['/', /^home$/, false],
  ['/pink', /^pink$/, true],
  ['/blue', /^blue(-canary)?$/, true],
  ['/green', /^green$/, true],
  ['/healthz', /^healthz$/, false],
];

function page(hostname: string, path: string, service: RegExp, header: boolean): Check {
  const wanted = header ? 'avi-gateway' : 'absent';
  return {
    what: `https://${hostname}${path}`,
    expected: `200 from ${path.slice(1) || 'home'}, ${DEMO_HEADER}: ${wanted}`,
    run: async (target) => {
      const reply = await get(secure(hostname, path, target), target);
      if (reply.status !== 200) return `${reply.status}`;
      const answer = JSON.parse(reply.body) as BackendAnswer;
      const from = service.test(answer.service) ? path.slice(1) || 'home' : answer.service;
      return `200 from ${from}, ${DEMO_HEADER}: ${answer.demoHeader ?? 'absent'}`;
    },
  };
}

function redirect(hostname: string): Check {
  return {
    what: `http://${hostname}/pink`,
    expected: '301 to HTTPS, which answers 200',
    run: async (target) => {
      const reply = await get(plain(hostname, '/pink', target), target);
      const location = reply.headers.location ?? '';
      const url = URL.canParse(location) ? new URL(location) : undefined;
      const right =
        url?.protocol === 'https:' &&
        url.hostname === hostname &&
        Number(url.port || 443) === target.httpsPort &&
        url.pathname === '/pink';
      if (reply.status !== 301 || !right) return `${reply.status} to ${location || 'nowhere'}`;
      return `301 to HTTPS, which answers ${(await get(location, target)).status}`;
    },
  };
}

function status(what: string, url: (target: Target) => string, expected: number): Check {
  return { what, expected: `${expected}`, run: async (target) => `${(await get(url(target), target)).status}` };
}

const canary: Check = {
  what: `https://${HOSTNAME}/blue, ${canaryRequests} times`,
  expected: 'about 10 % from blue-canary',
  run: async (target) => {
    let hits = 0;
    for (let sent = 0; sent < canaryRequests; sent += 1) {
      const reply = await get(secure(HOSTNAME, '/blue', target), target);
      if (reply.status !== 200) return `${reply.status} at request ${sent + 1}`;
      if ((JSON.parse(reply.body) as BackendAnswer).service === 'blue-canary') hits += 1;
    }
    const inRange = hits >= canaryRange.from && hits <= canaryRange.to;
    return inRange ? canary.expected : `${hits} of ${canaryRequests} from blue-canary`;
  },
};

const checks: readonly Check[] = [
  ...[HOSTNAME, ALIAS].flatMap((hostname) => pages.map(([path, ...rest]) => page(hostname, path, ...rest))),
  redirect(HOSTNAME),
  redirect(ALIAS),
  canary,
  status('a path that no rule has', (target) => secure(HOSTNAME, '/nowhere', target), 404),
  status('/pinkish is not under /pink', (target) => secure(HOSTNAME, '/pinkish', target), 404),
  status('a hostname that no route has, by HTTP', (target) => plain('other.example.test', '/', target), 404),
  ...endToEnd,
  ...policyChecks,
];

async function runCheck(check: Check, target: Target): Promise<CheckResult> {
  const actual = await check.run(target).catch((error: Error) => `failed: ${error.message}`);
  return { what: check.what, expected: check.expected, actual, ok: actual === check.expected };
}

/** Runs every check by real requests, one after the other, over TLS with the CA verified. */
export async function runChecks(target: Target): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks) results.push(await runCheck(check, target));
  return results;
}

/** Whether everything answers already, but for the canary's share; used to wait for the start. */
export async function isServing(target: Target): Promise<boolean> {
  const first = checks.filter((check) => check !== canary);
  const results = await Promise.all(first.map((check) => runCheck(check, target)));
  return results.every((result) => result.ok);
}
