import { describe, expect, it } from '@jest/globals';
import { parseListen, resolveOptions, type SimulatorOptions } from '../../../src/simulator/options/options.ts';

describe('the options', () => {
  it('have defaults', () => {
    expect(resolveOptions({}, () => 'random')).toMatchObject({
      listen: '127.0.0.1:0',
      tls: true,
      username: 'admin',
      password: 'random',
      vipPool: '127.10.0.0/24',
      validation: 'strict',
      evhOrder: 'longest',
      dataPlane: true,
    });
    expect(resolveOptions({ password: 'given' }, () => 'random').password).toBe('given');
  });

  it.each<[SimulatorOptions, string]>([
    [{ vipPool: '10.0.0.0' }, 'vipPool'],
    [{ vipPool: '10.0.0.0/33' }, 'vipPool'],
    [{ vipPool6: 'none' }, 'vipPool'],
    [{ latencyMs: -1 }, 'latencyMs'],
    [{ programDelayMs: Number.NaN }, 'programDelayMs'],
    [{ rateLimit: -3 }, 'rateLimit'],
    [{ apiVersionMax: 'new' }, 'apiVersionMax'],
  ])('%j is refused by name', (options, name) => {
    expect(() => resolveOptions(options, () => '')).toThrow(`Option ${name}`);
  });

  it.each([
    ['127.0.0.1:9443', '127.0.0.1', 9443],
    ['[::1]:9443', '::1', 9443],
    [':0', '127.0.0.1', 0],
    ['8080', '127.0.0.1', 8080],
    ['localhost:1', 'localhost', 1],
  ])('listen %s', (listen, host, port) => {
    expect(parseListen(listen)).toEqual({ host, port });
  });

  it.each(['', 'host', 'host:', '1:2:3', 'host:70000', '::1:9443'])('listen %j is refused', (listen) => {
    expect(() => parseListen(listen)).toThrow('Option listen');
  });
});
