/** Whatever goes wrong with them: private keys and passwords are in no log, Event, status, metric or debug page. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Logger } from '../../src/telemetry/log.ts';
import { startSimulator, type Fault, type Simulator } from '../../src/simulator/simulator.ts';
import { createFeed } from '../chaos/feed.ts';
import { clientClock, fastClock } from '../chaos/clock.ts';
import { eventually } from '../cluster/eventually.ts';
import { createHarness, gateway, gatewayClass, type Harness } from '../loop/harness.ts';
import { selfSigned, tlsSecret } from '../routing/pki.ts';

const password = 'hunter2-is-my-password';
let simulator: Simulator;
let pair: { readonly certificate: string; readonly key: string };
beforeAll(async () => {
  simulator = await startSimulator({ dataPlane: false, password });
  pair = await selfSigned(['a.example.test']);
});
afterAll(() => simulator.close());

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.close();
  simulator.reset();
});

/** Everything that is said, errors with their causes. */
function recordingLogger(said: string[]): Logger {
  const say = (message: string, fields?: unknown): void => {
    const text = (value: unknown): unknown =>
      value instanceof Error
        ? { ...value, message: value.message, stack: value.stack, cause: text(value.cause) }
        : value !== null && typeof value === 'object'
          ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, text(item)]))
          : value;
    said.push(message, JSON.stringify(text(fields ?? {})));
  };
  const logger: Logger = {
    debug: say,
    info: say,
    warn: say,
    error: say,
    child: () => logger,
    level: () => 'debug',
    setLevel: () => undefined,
  };
  return logger;
}

async function everythingSaid(
  fault: Fault,
  secret: string,
  replace: (text: string) => string,
  awaited: string,
): Promise<string> {
  const said: string[] = [];
  const feed = createFeed();
  const clock = fastClock(100);
  harness = await createHarness({
    simulator,
    state: feed.state,
    deps: {
      ...clock,
      logger: recordingLogger(said),
      events: { emit: (events) => void said.push(JSON.stringify(events)) },
    },
    client: clientClock(clock),
  });
  const base = gateway('gw');
  const tls = { mode: 'Terminate' as const, certificateRefs: [{ name: 'cert' }] };
  feed.put('GatewayClass', gatewayClass());
  feed.put('Secret', tlsSecret('cert', { 'tls.crt': pair.certificate, 'tls.key': replace(pair.key) }));
  feed.put('Gateway', {
    ...base,
    spec: {
      gatewayClassName: 'avi-lb',
      listeners: [{ name: 'https', port: 443, protocol: 'HTTPS', hostname: 'a.example.test', tls }],
    },
  });
  simulator.faults.add(fault);
  feed.connect(harness.engine);
  harness.engine.start();
  await eventually(() => expect(said.join('\n')).toContain(awaited), 15_000);
  said.push(JSON.stringify(harness.submitted), await harness.metrics.text(), JSON.stringify(harness.engine.describe()));
  const text = said.join('\n');
  expect(text.length).toBeGreaterThan(500);
  const body = secret.split('\n').find((line) => line.length > 40 && !line.startsWith('-')) ?? secret;
  expect(text).not.toContain(body);
  expect(text).not.toContain(Buffer.from(secret).toString('base64').slice(0, 60));
  return text;
}

const same = (text: string): string => text;

describe('nothing secret is said when', () => {
  it.each([
    ['as text', (key: string) => ({ error: `cannot import ${key}` })],
    ['as a field', (key: string) => ({ detail: 'no', key })],
    ['in JSON in a text', (key: string) => ({ error: JSON.stringify({ key }) })],
    ['alone', (key: string) => key],
  ] as const)('the controller repeats a private key %s', async (_name, body) => {
    const effect = { kind: 'status' as const, status: 400, body: body(pair.key) };
    await everythingSaid(
      { type: 'sslkeyandcertificate', method: 'POST', times: 0, effect },
      pair.key,
      same,
      'POST /api/sslkeyandcertificate/',
    );
  });

  it('a private key cannot be parsed', async () => {
    const damaged = (key: string): string => key.replace(/[A-Za-z]{4}/, '!!!!');
    await everythingSaid({ type: 'nothing', effect: { kind: 'drop' } }, pair.key, damaged, 'InvalidCertificateRef');
  });

  it.each([
    ['401', { error: `wrong password: ${password}` }],
    ['400', { error: `{"username":"admin","password":"${password}"}` }],
    ['500', `<html>password=${password}</html>`],
  ] as const)('the controller refuses the login with %s and repeats the password', async (status, body) => {
    const effect = { kind: 'status' as const, status: Number(status), body };
    await everythingSaid({ type: 'login', times: 0, effect }, password, same, 'the controller cannot be read');
  });
});
