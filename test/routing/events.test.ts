import { describe, expect, it } from '@jest/globals';
import { app, gateway, httpRoute, listener, routed, rule, type World } from './world.ts';

/** Events as `Kind/name reason message`. */
function said(world: World): readonly string[] {
  return routed({ ...app, ...world }).events.map(
    ({ type, reason, message, regarding }) => `${type} ${regarding.kind}/${regarding.name} ${reason}: ${message}`,
  );
}

describe('events', () => {
  it('has nothing to say about what is in order', () => {
    expect(said({ gateways: [gateway()], routes: [httpRoute()] })).toEqual([]);
  });

  it('tells of a route that is not attached, as AKO does', () => {
    const routes = [httpRoute({ parentRefs: [{ name: 'gw', sectionName: 'none' }] })];
    expect(said({ gateways: [gateway()], routes })).toEqual([
      expect.stringMatching(
        /^Warning HTTPRoute\/route Detached: HTTPRoute object route is not valid: spec\.parentRefs\[0\]: NoMatchingParent: /,
      ),
    ]);
  });

  it('tells of a dropped rule', () => {
    const routes = [httpRoute({ rules: [rule(), rule({ retry: { codes: [500] } })] })];
    expect(said({ gateways: [gateway()], routes })).toEqual([
      expect.stringMatching(/^Warning HTTPRoute\/route RuleDropped: Dropped Rule 1: spec\.rules\[1\]\.retry\.codes: /),
    ]);
  });

  it('tells of listeners that are refused or whose references do not resolve', () => {
    const listeners = [
      listener(),
      listener({ name: 'own', port: 81, protocol: 'example.com/own' }),
      listener({ name: 'late', port: 443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'none' }] } }),
    ];
    expect(said({ gateways: [gateway({ listeners })] })).toEqual([
      'Warning Gateway/gw UnsupportedProtocol: Listener own: Unsupported protocol',
      'Warning Gateway/gw InvalidCertificateRef: Listener late: Secret does not exist: default/none',
    ]);
  });

  it('tells of fields that are not honoured', () => {
    expect(said({ gateways: [gateway({ infrastructure: { annotations: { a: 'b' } } })] })).toEqual([
      expect.stringMatching(/^Warning Gateway\/gw FieldIgnored: spec\.infrastructure\.annotations is not honoured: /),
    ]);
  });
});
