/** A controller that answers anything: the client and what reads its replies fail as they say they do, or not at all. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import document from '../../generated/avi.schema.json' with { type: 'json' };
import { applyPlan } from '../../src/apply/apply.ts';
import { createAviClient } from '../../src/avi/client.ts';
import { AviError } from '../../src/avi/errors.ts';
import { createInventory } from '../../src/avi/inventory.ts';
import { ownIdentity } from '../../src/plan/inventory/identity.ts';
import { planGateway } from '../../src/plan/plan-gateway.ts';
import { aviSchema } from '../../src/plan/content/schema.ts';
import type { AviObject } from '../../src/translate/desired.ts';
import { changes, damage, hostileText, hostileValue, type Change } from './hostile.ts';
import { fuzz, testMs } from './run.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly damage: readonly Change[];
  /** Instead of a body. */
  readonly text: string | undefined;
}

const identity = ownIdentity('c1');
const schema = aviSchema(document);
const name = 'ako-gw-c1--p';
const stored = {
  uuid: 'pool-1',
  name,
  _last_modified: '1',
  tenant_ref: 'https://c/api/tenant/admin#admin',
  created_by: 'avi-gateway-c1',
  markers: [
    { key: 'clustername', values: ['c1'] },
    { key: 'managed-by', values: ['avi-gateway-operator'] },
  ],
  servers: [{ ip: { addr: '10.0.0.1', type: 'V4' }, port: 80 }],
};
const lists = { count: 1, results: [stored], next: 'https://c/api/pool/?page=2' };
const wanted: AviObject = {
  type: 'pool',
  tenant: 'admin',
  name,
  body: { name, servers: [{ ip: { addr: '10.0.0.2', type: 'V4' }, port: 80 }] },
  origin: { gateway: 'default/gw' },
};

const headerText = fc
  .constantFrom(
    '5',
    '-1',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'NaN',
    '1e9',
    'a=b; Path=/',
    '__proto__=x',
    '=',
    ';;;',
    '\u00ff',
  )
  .map(String);
const answers = fc.array(
  fc.record<Answer>({
    status: fc.constantFrom(200, 200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 409, 412, 419, 429, 500, 503, 599),
    headers: fc.dictionary(fc.constantFrom('retry-after', 'set-cookie', 'content-type', 'location', 'x-a'), headerText),
    damage: changes(hostileValue, 3),
    text: fc.option(hostileText, { nil: undefined, freq: 4 }),
  }),
  { minLength: 1, maxLength: 12 },
);

let given: readonly Answer[] = [];
let place = 0;
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const answer = given[place % given.length];
    place += 1;
    const own =
      request.method === 'GET' ? lists : request.url === '/login' ? { version: { Version: '30.2.1' } } : stored;
    const body = answer?.text ?? JSON.stringify(damage(own, answer?.damage ?? [], () => true)) ?? '';
    response.writeHead(answer?.status ?? 200, answer?.headers ?? {});
    response.end(answer?.status === 204 ? undefined : body);
  });
});
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it(
  'replies of a controller',
  () =>
    fuzz('controller replies', answers, async (replies) => {
      given = replies;
      place = 0;
      const client = createAviClient({
        addresses: [url],
        credentials: () => ({ username: 'u', password: 'p' }),
        sleep: () => Promise.resolve(),
        retry: { attempts: 3, baseMs: 1, capMs: 1, longestRetryAfterMs: 10 },
        requestTimeoutMs: 2_000,
      });
      const inventory = createInventory({ client, identity, tenants: ['*'], defaultTenant: 'admin' });
      const asDocumented = (error: unknown): void => {
        if (!(error instanceof AviError)) throw error;
        expect(error.message.length).toBeLessThan(1_000);
      };
      try {
        await inventory.load().catch(asDocumented);
        await inventory.sweep().catch(asDocumented);
        await inventory.reread(wanted).catch(asDocumented);
        const context = { inventory: inventory.current(), identity, schema };
        const everything = { explained: () => true, limits: { percent: 30, minimum: 10 }, confirmed: true };
        const desired = { gateway: 'default/gw', tenant: 'admin', objects: [wanted] };
        const plan = planGateway(desired, new Set(), everything, context);
        const sleep = (): Promise<void> => Promise.resolve();
        const outcome = await applyPlan(plan, [wanted], {
          client,
          inventory,
          identity,
          schema,
          mayWrite: () => true,
          sleep,
        });
        for (const end of outcome.values())
          if (end.state === 'failed') expect(end.message).toMatch(/^(GET|POST|PUT|DELETE) \//);
        expect(place).toBeLessThan(1_000);
      } finally {
        await client.close();
      }
    }),
  testMs,
);
