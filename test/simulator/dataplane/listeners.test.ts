import { Agent } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { putAnswer, putAnswering } from './tools/answering.ts';
import { parent, policies } from './tools/bodies.ts';
import { address, eventually, HTTP_PORT, startBench, type Bench } from './tools/plane.ts';
import { ref, uuid } from './tools/store.ts';

const ADDRESS = address(1);
let bench: Bench;
const blocker = createServer();
afterEach(async () => {
  blocker.close();
  await bench.close();
});

const state = (name: string): ReturnType<Bench['plane']['virtualService']> =>
  bench.plane.virtualService(uuid('virtualservice', name));
const put = (name: string, ip: string, status: number, more = {}): void =>
  putAnswering(bench.store, name, ip, status, more);

describe('listeners', () => {
  it('of an unchanged virtual service keep their connections while others come and go', async () => {
    bench = await startBench();
    put('stays', ADDRESS, 200);
    put('goes', address(2), 200);
    await bench.plane.settled();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await bench.get({ address: ADDRESS, agent });
    const [socket] = Object.values(agent.freeSockets)[0] ?? [];
    bench.store.remove('virtualservice', 'goes');
    put('comes', address(3), 200);
    bench.store.put(
      'virtualservice',
      'stays',
      parent('stays', { ...policies('stays'), services: [{ port: 80 }, { port: 8080 }] }),
    );
    await bench.plane.settled();
    await bench.get({ address: ADDRESS, agent });
    expect(Object.values(agent.freeSockets)[0]?.[0]).toBe(socket);
    expect((await bench.get({ address: ADDRESS, port: 8080 })).status).toBe(200);
    await expect(bench.get({ address: address(2) })).rejects.toThrow('ECONNREFUSED');
    agent.destroy();
  });

  it('that cannot be bound are reported, touch no other, and are bound when the port is free', async () => {
    bench = await startBench();
    await new Promise<void>((resolve) => blocker.listen(HTTP_PORT, ADDRESS, resolve));
    put('blocked', ADDRESS, 200);
    put('other', address(2), 200);
    await bench.plane.settled();
    expect(state('blocked')).toEqual({
      state: 'OPER_DOWN',
      reason: [`cannot listen on ${ADDRESS} port ${HTTP_PORT}: EADDRINUSE`],
    });
    expect(bench.log).toContain(`virtual service blocked cannot listen on ${ADDRESS} port ${HTTP_PORT}: EADDRINUSE`);
    expect(state('other').state).toBe('OPER_UP');
    await new Promise((resolve) => blocker.close(resolve));
    await eventually(
      () => state('blocked').state,
      (value) => value === 'OPER_UP',
    );
  });

  it('of two virtual services on one address and port: the first has it, the second when the first goes', async () => {
    bench = await startBench();
    put('first', ADDRESS, 201);
    await bench.plane.settled();
    put('second', ADDRESS, 202);
    await bench.plane.settled();
    expect(state('second')).toEqual({
      state: 'OPER_DOWN',
      reason: [`port 80 of ${ADDRESS} is in use by virtual service first`],
    });
    expect((await bench.get({ address: ADDRESS })).status).toBe(201);
    bench.store.remove('virtualservice', 'first');
    await bench.plane.settled();
    expect((await bench.get({ address: ADDRESS })).status).toBe(202);
    expect(state('second').state).toBe('OPER_UP');
  });

  it.each(['enabled', 'traffic_enabled'])('close while %s is false', async (field) => {
    bench = await startBench();
    put('vs', ADDRESS, 200, { [field]: false });
    await bench.plane.settled();
    expect(state('vs').state).toBe('OPER_DISABLED');
    await expect(bench.get({ address: ADDRESS })).rejects.toThrow('ECONNREFUSED');
    put('vs', ADDRESS, 200);
    await bench.plane.settled();
    expect((await bench.get({ address: ADDRESS })).status).toBe(200);
  });

  it('change between plain and TLS on the same port', async () => {
    bench = await startBench();
    put('vs', ADDRESS, 200);
    await bench.plane.settled();
    expect((await bench.get({ address: ADDRESS })).status).toBe(200);
    put('vs', ADDRESS, 200, { services: [{ port: 80, enable_ssl: true }] });
    await bench.plane.settled();
    await expect(bench.get({ address: ADDRESS })).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(state('vs').state).toBe('OPER_UP');
  });

  it('are not opened for application profiles other than HTTP', async () => {
    bench = await startBench();
    bench.store.put('applicationprofile', 'dns', { type: 'APPLICATION_PROFILE_TYPE_DNS' });
    put('vs', ADDRESS, 200, { application_profile_ref: ref('applicationprofile', 'dns') });
    await bench.plane.settled();
    expect(state('vs')).toEqual({ state: 'OPER_DOWN', reason: ['Application profile type DNS is not simulated'] });
    await expect(bench.get({ address: ADDRESS })).rejects.toThrow('ECONNREFUSED');
  });

  it('cover port ranges and IPv6', async () => {
    bench = await startBench({ portMap: new Map() });
    const first = 20_000 + (process.pid % 10_000);
    putAnswer(bench.store, 'vs', 200);
    bench.store.put('vsvip', 'vs', { vip: [{ ip6_address: { addr: '::1', type: 'V6' } }] });
    bench.store.put(
      'virtualservice',
      'vs',
      parent('vs', { ...policies('vs'), services: [{ port: first, port_range_end: first + 2 }] }),
    );
    await bench.plane.settled();
    for (const port of [first, first + 1, first + 2])
      expect((await bench.get({ address: '::1', port })).status).toBe(200);
  });
});
