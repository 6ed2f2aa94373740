import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServerCertificate, type ServerCertificate } from '../../../src/simulator/options/certificate.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { login, type TestClient } from '../client.ts';

/** What the incumbent sent, one call a line. */
interface RecordedCall {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly type: string;
  readonly name?: string;
  readonly status: number;
  readonly body?: Record<string, unknown>;
}

/** Recorded calls that may be refused: case, type and name → the section of avi-model.md that says why. At most five. */
const exceptions: Readonly<Record<string, string>> = {};

const recordings = fileURLToPath(new URL('../../../../shared/ako-golden', import.meta.url));
const cases = existsSync(recordings)
  ? readdirSync(recordings).filter((name) => existsSync(join(recordings, name, 'avi-requests.jsonl')))
  : [];

describe("the incumbent's recorded calls", () => {
  let simulator: Simulator;
  let client: TestClient;
  let pair: ServerCertificate;

  beforeAll(async () => {
    simulator = await startSimulator({
      tls: false,
      dataPlane: false,
      vipPool: '10.50.0.0/16',
      dnsDomains: ['example.com', 'avi.internal'],
    });
    client = await login(simulator);
    pair = await createServerCertificate(['app.example.com']);
  });
  beforeEach(() => simulator.reset());
  afterAll(() => simulator.close());

  it('are replayed where they are present', () => {
    if (cases.length === 0) console.log(`No recordings at ${recordings}: nothing is replayed.`);
    else expect(cases.length).toBeGreaterThan(30);
    expect(Object.keys(exceptions).length).toBeLessThanOrEqual(5);
  });

  for (const name of cases) {
    it(`${name} is accepted`, async () => {
      expect(await refusedCalls(simulator, client, pair, name)).toEqual([]);
    });
  }
});

/** Replays one case; the calls that got another status than the recorded 2xx. */
async function refusedCalls(
  simulator: Simulator,
  client: TestClient,
  pair: ServerCertificate,
  name: string,
): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const call of readCalls(name)) {
    const uuid = uuidOf(simulator, call);
    const reply = await client.call(call.method, pathFor(call, uuid), bodyFor(simulator, call, uuid, pair));
    if (call.status >= 300 || reply.status === call.status || `${name} ${call.type} ${call.name}` in exceptions)
      continue;
    refused.push(
      `${call.method} ${call.path} ${call.name} answered ${reply.status} instead of ${call.status}: ${reply.text}`,
    );
  }
  return refused;
}

function readCalls(name: string): readonly RecordedCall[] {
  const lines = readFileSync(join(recordings, name, 'avi-requests.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line) as RecordedCall);
}

function uuidOf(simulator: Simulator, call: RecordedCall): string | undefined {
  return simulator.store.list(call.type).find((object) => object.name === call.name)?.uuid;
}

/** The recorded path with our uuid of the object with that name. */
function pathFor(call: RecordedCall, uuid: string | undefined): string {
  const [, api, type, recorded] = call.path.split('/');
  const path = recorded === undefined ? call.path : `/${api}/${type}/${uuid ?? recorded}`;
  return call.query === undefined ? path : `${path}?${call.query}`;
}

/** The recorded body, with references to the other controller's uuids by name, its time stamp, and a key that is real. */
function bodyFor(simulator: Simulator, call: RecordedCall, uuid: string | undefined, pair: ServerCertificate): unknown {
  if (call.body === undefined) return undefined;
  const body = JSON.parse(
    JSON.stringify(call.body).replace(/"https?:\/\/[^"/]+\/api\/(\w+)\/[^"#]+#([^"]+)"/g, '"/api/$1/?name=$2"'),
  ) as Record<string, unknown>;
  if ('_last_modified' in body) body['_last_modified'] = simulator.store.get(call.type, uuid ?? '')?.lastModified;
  if (call.type === 'sslkeyandcertificate') {
    body['certificate'] = { ...(body['certificate'] as object), certificate: pair.certificate };
    body['key'] = pair.key;
  }
  return body;
}
