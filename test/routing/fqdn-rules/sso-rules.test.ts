/** SSORules: beside HostRules, with the values of Secrets, which are looked up in their own namespace. */
import { describe, expect, it } from '@jest/globals';
import type { HostRule, SSORule } from '../../../generated/extensions.ts';
import { judgeSettings } from '../../../src/routing/extensions/extension-settings.ts';
import { buildRegistry } from '../../../src/routing/listeners/claims.ts';
import { routeGateway } from '../../../src/routing/routes/route-gateway.ts';
import { app, avi, gateway, httpRoute, settings, snapshotOf } from '../world.ts';

const metadata = { name: 'rule', namespace: 'default', creationTimestamp: '2026-02-01T00:00:00Z' };
const sso: SSORule = {
  metadata,
  spec: {
    fqdn: 'a.com',
    ssoPolicyRef: 'Login',
    oauthVsConfig: {
      cookieTimeout: 60,
      oauthSettings: [{ authProfileRef: 'Okta', appSettings: { clientID: 'me', clientSecret: 'login' } }],
    },
  },
};
const host: HostRule = { metadata, spec: { virtualhost: { fqdn: 'a.com', fqdnType: 'Exact', wafPolicy: 'Waf' } } };
const secret = {
  metadata: { name: 'login', namespace: 'default', resourceVersion: '7' },
  data: { clientSecret: Buffer.from('hush').toString('base64') },
};

function routed(secrets: readonly (typeof secret)[]) {
  const extensions = { SSORule: new Map([['default/rule', sso]]), HostRule: new Map([['default/rule', host]]) };
  const routes = [httpRoute({ hostnames: ['a.com'] })];
  const snapshot = snapshotOf({ classes: [avi], gateways: [gateway()], routes, secrets, ...app, extensions });
  const result = routeGateway(snapshot, 'default/gw', settings, buildRegistry(snapshot, settings));
  return { rule: result?.routes[0]?.rules[0], named: result?.named, problems: result?.problems, snapshot };
}

describe('SSORules', () => {
  it('hold beside a HostRule, with the values of Secrets', () => {
    const { rule, named } = routed([secret]);
    expect(rule?.settings).toMatchObject({
      wafPolicy: 'Waf',
      sso: {
        policy: 'Login',
        credentialsVersion: '7',
        oauth: { oauth_settings: [{ app_settings: { client_id: 'me', client_secret: 'hush' } }] },
      },
    });
    expect(named).toContainEqual({ type: 'authprofile', name: 'Okta' });
  });

  it('without their Secret answer 500, and nothing says what is in another one', () => {
    const { rule, snapshot, problems } = routed([{ ...secret, data: { clientSecret: '' } }]);
    expect(rule).toMatchObject({ action: 'fail' });
    expect(problems?.[0]?.message).toContain('Secret default/login has no data clientSecret');
    expect(judgeSettings('SSORule', 'default/rule', snapshot, new Set(), settings).failures).toHaveLength(1);
    expect(JSON.stringify(routed([secret]).problems)).not.toContain('hush');
  });
});
