import { describe, expect, it } from '@jest/globals';
import { parseOptions } from './options.ts';
import { commandOf, isFull } from './report.ts';

const parse = (env: Readonly<Record<string, string>>) => parseOptions(env, () => 7);

describe('options of make conformance', () => {
  it('runs all of every profile with a random seed by default', () => {
    const profiles = ['HTTP', 'GRPC', 'TLS', 'TCP', 'UDP'].map((name) => `GATEWAY-${name}`);
    expect(parse({})).toEqual({ profiles, childOrder: 'longest', seed: 7 });
    expect(isFull(parse({}))).toBe(true);
    expect(commandOf(parse({}))).toBe('make conformance SEED=7');
  });

  it('takes empty variables, as make passes them on, for absent ones', () => {
    expect(parse({ PROFILES: '', RUN: '', FEATURES: '', SEED: '', EVH_ORDER: '', WAIT_SECONDS: '' })).toEqual(
      parse({}),
    );
  });

  it('reads every variable', () => {
    const options = parse({
      PROFILES: 'GATEWAY-HTTP, GATEWAY-GRPC',
      RUN: 'HTTPRouteWeight',
      FEATURES: 'HTTPRouteCORS,GatewayPort8080',
      SEED: '12',
      EVH_ORDER: 'random',
      WAIT_SECONDS: '20',
    });
    expect(options).toEqual({
      profiles: ['GATEWAY-HTTP', 'GATEWAY-GRPC'],
      run: 'HTTPRouteWeight',
      features: ['HTTPRouteCORS', 'GatewayPort8080'],
      seed: 12,
      childOrder: 'random',
      waitSeconds: 20,
    });
    expect(isFull(options)).toBe(false);
    expect(commandOf(options)).toBe('make conformance PROFILES=GATEWAY-HTTP,GATEWAY-GRPC EVH_ORDER=random SEED=12');
  });

  it.each([
    ['PROFILES', 'MESH-HTTP'],
    ['RUN', 'A,B'],
    ['FEATURES', 'a b'],
    ['SEED', '-1'],
    ['EVH_ORDER', 'shortest'],
    ['WAIT_SECONDS', '1s'],
  ])('refuses %s=%s and names the variable', (name, value) => {
    expect(() => parse({ [name]: value })).toThrow(name);
  });
});
