import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PooledKubeConfig } from '../../src/cluster/kube-config.ts';
import type { RoutingEvent } from '../../src/routing/result/findings.ts';
import { createEvents, type EventsOptions } from '../../src/telemetry/events.ts';
import { eventually } from '../cluster/eventually.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(60_000);

interface SentEvent {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly note: string;
  readonly regarding: object;
}

let server: Server;
let sent: SentEvent[] = [];
let code = 201;
let clock = 0;

beforeEach(async () => {
  sent = [];
  code = 201;
  clock = 0;
  server = createServer((request, response) => {
    void text(request).then((body) => {
      if (code === 201) sent.push(JSON.parse(body) as SentEvent);
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(code === 201 ? body : '{"kind":"Status"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function start(options: Partial<EventsOptions> = {}) {
  const kubeConfig = new PooledKubeConfig();
  const { port } = server.address() as AddressInfo;
  kubeConfig.loadFromClusterAndUser(
    { name: 'fake', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'nobody' },
  );
  const failures: Error[] = [];
  const events = createEvents({
    kubeConfig,
    controllerName: 'ako.vmware.com/avi-lb',
    instance: 'pod-1',
    uidOf: ({ name }) => (name === 'gw' ? 'uid-gw' : undefined),
    mayWrite: () => true,
    onFailure: (error) => void failures.push(error),
    clock: () => clock,
    repeatMs: 1_000,
    burst: 3,
    perSecond: 1,
    ...options,
  });
  return { events, failures };
}

const event = (message: string, name = 'gw'): RoutingEvent => ({
  type: 'Warning',
  reason: 'Test',
  message,
  regarding: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', namespace: 'infra', name },
});
const notes = () => sent.map(({ note }) => note).sort();

describe('Events', () => {
  it('are about their object, in its namespace, or in default for cluster-scoped ones', async () => {
    const { events } = start();
    events.emit([event('one')]);
    events.emit([{ ...event('two'), regarding: { apiVersion: 'v1', kind: 'GatewayClass', name: 'avi-lb' } }]);
    await eventually(() => expect(notes()).toEqual(['one', 'two']));
    expect(sent.find(({ note }) => note === 'one')).toMatchObject({
      metadata: { namespace: 'infra' },
      regarding: { kind: 'Gateway', name: 'gw', uid: 'uid-gw' },
      reportingController: 'ako.vmware.com/avi-lb',
      reportingInstance: 'pod-1',
      type: 'Warning',
      reason: 'Test',
    });
    expect(sent.find(({ note }) => note === 'two')?.metadata.namespace).toBe('default');
  });

  it('are not repeated within the time, and are afterwards', async () => {
    const { events } = start();
    events.emit([event('one'), event('one')]);
    clock = 999;
    events.emit([event('one')]);
    clock = 1_001;
    events.emit([event('one')]);
    await eventually(() => expect(notes()).toEqual(['one', 'one']));
    expect(new Set(sent.map(({ metadata }) => metadata.name)).size).toBe(2);
  });

  it('are limited to a burst and a rate', async () => {
    const { events } = start();
    events.emit(['a', 'b', 'c', 'd', 'e'].map((message) => event(message)));
    clock = 1_000;
    events.emit([event('f'), event('g')]);
    await eventually(() => expect(notes()).toEqual(['a', 'b', 'c', 'f']));
  });

  it('are said at once when what they say has happened again', async () => {
    const { events } = start();
    events.emit([event('one')], true);
    events.emit([event('one')], true);
    events.emit([event('one'), event('two')]);
    await eventually(() => expect(notes()).toEqual(['one', 'one', 'two']));
  });

  it('are said again when nobody took them', async () => {
    const { events, failures } = start();
    code = 503;
    events.emit([event('one')]);
    await eventually(() => expect(failures).toHaveLength(1));
    code = 201;
    events.emit([event('one')]);
    await eventually(() => expect(notes()).toEqual(['one']));
  });

  it('are the leader’s only, and bounded in length', async () => {
    let leader = false;
    const { events } = start({ mayWrite: () => leader });
    events.emit([event('follower')]);
    leader = true;
    events.emit([event('x'.repeat(5_000), 'n'.repeat(253))]);
    await eventually(() => expect(sent).toHaveLength(1));
    expect(sent[0]?.note).toHaveLength(1024);
    expect(sent[0]?.metadata.name.length).toBeLessThanOrEqual(253);
  });
});
