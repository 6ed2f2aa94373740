/** Rules that nothing refers to: which lanes hear of them, and of what they use. */
import { describe, expect, it } from '@jest/globals';
import type { HostRule, L7Rule } from '../../generated/extensions.ts';
import type { ListenerSet } from '../../generated/gateway-api.ts';
import { avi, gateway, httpRoute, listener } from '../routing/world.ts';
import { createHarness } from './harness.ts';

const hostRule = (name: string, l7Rule?: string): HostRule => ({
  metadata: { name, namespace: 'default' },
  spec: { virtualhost: { fqdn: 'a.com', fqdnType: 'Exact', ...(l7Rule && { l7Rule }) } },
});
const l7Rule: L7Rule = { metadata: { name: 'more', namespace: 'default' }, spec: {} };

function start() {
  const { tell } = createHarness();
  tell('GatewayClass', 'ADDED', avi);
  tell('Gateway', 'ADDED', gateway());
  tell('HTTPRoute', 'ADDED', httpRoute());
  return tell;
}

describe('a HostRule', () => {
  it('touches the Gateways of its namespace’s routes and its rivals, also when it goes', () => {
    const tell = start();
    expect(tell('HostRule', 'ADDED', hostRule('one'))[0]?.gateways).toEqual(['HostRule/default/one', 'default/gw']);
    const both = ['HostRule/default/one', 'HostRule/default/two', 'default/gw'];
    expect(tell('HostRule', 'ADDED', hostRule('two'))[0]?.gateways).toEqual(both);
    expect(tell('HostRule', 'DELETED', hostRule('one'))[0]?.gateways).toEqual(both);
  });

  it('touches the Gateways of its namespace, and hears of them and their ListenerSets', () => {
    const { tell } = createHarness();
    tell('GatewayClass', 'ADDED', avi);
    const marked = ['HostRule/default/one', 'default/gw'];
    tell('Gateway', 'ADDED', gateway());
    expect(tell('HostRule', 'ADDED', hostRule('one'))[0]?.gateways).toEqual(marked);
    const changed = gateway({ listeners: [listener({ hostname: 'a.com' })] }, { generation: 2 });
    expect(tell('Gateway', 'MODIFIED', changed)[0]?.gateways).toEqual(marked);
    const set: ListenerSet = {
      metadata: { name: 'set', namespace: 'elsewhere' },
      spec: { parentRef: { name: 'gw', namespace: 'default' }, listeners: [listener({ name: 'more', port: 81 })] },
    };
    expect(tell('ListenerSet', 'ADDED', set)[0]?.gateways).toEqual(marked);
  });

  it('hears of its L7Rule', () => {
    const tell = start();
    tell('HostRule', 'ADDED', hostRule('one', 'more'));
    const marked = ['HostRule/default/one', 'L7Rule/default/more', 'default/gw'];
    expect(tell('L7Rule', 'ADDED', l7Rule)[0]?.gateways).toEqual(marked);
  });
});
