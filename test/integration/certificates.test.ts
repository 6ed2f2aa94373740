/** Checks C1 to C10: the operator beside cert-manager, with a private CA and with an ACME server. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Agent } from 'undici';
import { makeAuthority, type Authority } from './authority.ts';
import { startAcmeServer, startCertManager, type AcmeServer } from './cert-manager.ts';
import { startDns, type Dns } from './dns.ts';
import { gateway, inSet, listenerSet, namespace, ofCertManager, route, tlsSecret, web } from './manifests.ts';
import { handshake, keepShaking, request } from './requests.ts';
import { startRig, type Rig } from './rig.ts';
import { addressOf, brief, gatewayStatus, routeParents } from './status.ts';
import type { OperatorProcess } from '../cluster/apiserver/operator-process.ts';

const minutes = 60_000;
const issuer = (name: string) => ({ annotations: { 'cert-manager.io/issuer': name } });
const good = { Accepted: 'True', Programmed: 'True', ResolvedRefs: 'True', Conflicted: 'False NoConflicts' };
const broken = { ResolvedRefs: 'False InvalidCertificateRef', Programmed: 'False Invalid' };

let rig: Rig;
let operator: OperatorProcess;
let dns: Dns;
let acme: AcmeServer;
let authority: Authority;

const certificates = () => rig.ours('sslkeyandcertificate');
const identities = (...types: readonly string[]) =>
  rig
    .ours(...types)
    .map(({ type, uuid }) => `${type} ${uuid}`)
    .sort();

beforeAll(async () => {
  rig = await startRig();
  authority = await makeAuthority();
  await rig.apply(namespace('infra'), namespace('dev'), ...web('dev'));
  [operator, dns] = await Promise.all([rig.startOperator('first'), startDns(rig)]);
  await startCertManager(rig, dns.server);
  acme = await startAcmeServer(rig, dns.server);
}, 4 * minutes);

afterAll(() => rig?.close(), minutes);

describe('a Gateway whose certificate comes from a CA issuer', () => {
  const host = 'shop.aclab.test';
  const shop = { namespace: 'infra', name: 'shop' };
  let vip: string;
  let before: readonly string[];

  it(
    'C1, C8: serves HTTP for routes of another namespace while the Secret of HTTPS is missing',
    async () => {
      const listeners = [
        { name: 'http', hostname: host },
        { name: 'https', hostname: host, secret: 'shop-tls' },
      ];
      await rig.apply(gateway('infra/shop', listeners, issuer('ca')), route('dev/shop', [shop], [host]));
      await rig.settles(async () => {
        const status = await gatewayStatus(rig, 'infra/shop');
        expect(status.conditions).toMatchObject({ Accepted: 'True', Programmed: 'True' });
        expect(status.listeners.http).toMatchObject(good);
        expect(status.listeners.https).toMatchObject(broken);
        const parents = await routeParents(rig, 'dev/shop');
        expect(parents.map(({ conditions }) => brief(conditions))).toMatchObject([{ Accepted: 'True' }]);
      });
      vip = await addressOf(rig, 'infra/shop');
      await rig.settles(async () =>
        expect(await request(vip, host, '/a')).toMatchObject({ status: 200, body: `backend ${host} /a` }),
      );
      before = identities('vsvip', 'virtualservice');
      expect(certificates()).toEqual([]);
    },
    2 * minutes,
  );

  it(
    'C2, C4: serves the chain as soon as the Secret is there, and keeps the VIP',
    async () => {
      await rig.apply(
        tlsSecret('infra/ca', authority.intermediate.certificate, authority.intermediate.key),
        ofCertManager('Issuer', 'infra/ca', { ca: { secretName: 'ca' } }),
      );
      await rig.settles(() => rig.cluster.kubectl(['-n', 'infra', 'get', 'secret', 'shop-tls']));
      const issued = performance.now();
      await rig.settles(async () =>
        expect((await gatewayStatus(rig, 'infra/shop')).listeners.https).toMatchObject(good),
      );
      const tookMs = performance.now() - issued;
      const served = await rig.settles(() => handshake(vip, host, authority.root));
      expect(served).toMatchObject({ issuer: 'intermediate of the neighbours', chain: 3 });
      expect(identities('vsvip', 'virtualservice')).toEqual(expect.arrayContaining([...before]));
      expect(identities('vsvip')).toEqual(before.filter((text) => text.startsWith('vsvip')));
      const [object, ...others] = certificates();
      expect(others).toEqual([]);
      const text = (object?.body.certificate as { readonly certificate: string }).certificate;
      expect(text.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
      // A busy machine is slower than the 2 s that an idle one keeps.
      expect(tookMs).toBeLessThan(10_000);
    },
    2 * minutes,
  );

  it(
    'C3: a renewal changes the certificate in place, without a moment without one',
    async () => {
      const old = await handshake(vip, host, authority.root);
      const [object] = certificates();
      rig.simulator.stats.reset();
      const clients = keepShaking(vip, host, authority.root);
      await renew('infra', 'shop-tls');
      const renewed = await rig.settles(async () => {
        const served = await handshake(vip, host, authority.root);
        expect(served.serialNumber).not.toBe(old.serialNumber);
        return served.serialNumber;
      });
      await clients.stop();
      expect(clients.failures).toEqual([]);
      expect([...clients.serials.keys()]).toEqual([old.serialNumber, renewed]);
      expect(certificates().map(({ uuid }) => uuid)).toEqual([object?.uuid]);
      const writes = rig.simulator.stats.read().writes.filter(({ type }) => type !== 'login');
      expect(writes.map(({ method, type }) => `${method} ${type}`)).toEqual(['PUT sslkeyandcertificate']);
      expect((await gatewayStatus(rig, 'infra/shop')).listeners.https).toMatchObject(good);
    },
    2 * minutes,
  );

  it(
    'C3: a Secret that is deleted comes back, and the certificate with it; HTTP is served all the time',
    async () => {
      const old = await handshake(vip, host, authority.root);
      await rig.cluster.kubectl(['-n', 'infra', 'delete', 'secret', 'shop-tls']);
      await rig.settles(async () => {
        const served = await handshake(vip, host, authority.root);
        expect(served.serialNumber).not.toBe(old.serialNumber);
      });
      expect(await request(vip, host)).toMatchObject({ status: 200 });
      expect(identities('vsvip')).toEqual(before.filter((text) => text.startsWith('vsvip')));
      expect(certificates()).toHaveLength(1);
    },
    2 * minutes,
  );

  it(
    'C5: two listeners with one Secret share one certificate',
    async () => {
      const listeners = ['a', 'b'].map((name) => ({ name, hostname: `${name}.aclab.test`, secret: 'pair-tls' }));
      await rig.apply(gateway('infra/pair', listeners, issuer('ca')));
      await rig.settles(async () => {
        const status = await gatewayStatus(rig, 'infra/pair');
        expect(status.listeners).toMatchObject({ a: good, b: good });
      });
      const address = await addressOf(rig, 'infra/pair');
      const serials = await rig.settles(async () =>
        Promise.all(['a', 'b'].map((name) => handshake(address, `${name}.aclab.test`, authority.root))),
      );
      expect(new Set(serials.map(({ serialNumber }) => serialNumber)).size).toBe(1);
      expect(certificates()).toHaveLength(2);
    },
    2 * minutes,
  );

  it(
    'C1, C2: a ListenerSet gets its certificate in its own namespace, and serves by the shared Gateway',
    async () => {
      const team = 'team.aclab.test';
      const sets = { namespace: 'infra', name: 'sets' };
      const before = certificates().length;
      const shared = gateway('infra/sets', [{ name: 'http', hostname: team }], { listenerSets: true });
      const own = listenerSet(
        'dev/team',
        sets,
        [{ name: 'https', hostname: team, secret: 'team-tls' }],
        issuer('team').annotations,
      );
      await rig.apply(shared, own, route('dev/team', [inSet('dev/team')], [team]));
      const address = await addressOf(rig, 'infra/sets');
      await rig.apply(
        tlsSecret('dev/team', authority.intermediate.certificate, authority.intermediate.key),
        ofCertManager('Issuer', 'dev/team', { ca: { secretName: 'team' } }),
      );
      const served = await rig.settles(() => handshake(address, team, authority.root));
      expect(served).toMatchObject({ issuer: 'intermediate of the neighbours' });
      expect(certificates()).toHaveLength(before + 1);
      await rig.remove(shared, own);
      await rig.settles(() => expect(certificates()).toHaveLength(before));
    },
    2 * minutes,
  );

  it(
    'C6: a malformed or mismatched pair fails its own listener only; an expired one is served with a warning',
    async () => {
      const tomorrow = new Date(Date.now() + 86_400_000);
      const names = ['malformed', 'mismatched', 'expired', 'fine'];
      const hostOf = (name: string) => `${name}.aclab.test`;
      const [malformed, mismatched, other, expired, fine] = await Promise.all([
        authority.issue(hostOf('malformed'), tomorrow),
        authority.issue(hostOf('mismatched'), tomorrow),
        authority.issue(hostOf('mismatched'), tomorrow),
        authority.issue(hostOf('expired'), new Date(Date.now() - 86_400_000)),
        authority.issue(hostOf('fine'), tomorrow),
      ]);
      // The API server checks pairs of the type kubernetes.io/tls for presence only.
      await rig.apply(
        tlsSecret('infra/malformed', malformed.certificate.slice(0, 200), malformed.key),
        tlsSecret('infra/mismatched', mismatched.certificate, other.key),
        tlsSecret('infra/expired', expired.certificate, expired.key),
        tlsSecret('infra/fine', fine.certificate, fine.key),
        gateway(
          'infra/mixed',
          names.map((name) => ({ name, hostname: hostOf(name), secret: name })),
        ),
      );
      await rig.settles(async () => {
        const status = await gatewayStatus(rig, 'infra/mixed');
        expect(status.listeners).toMatchObject({ malformed: broken, mismatched: broken, expired: good, fine: good });
        expect(status.conditions).toMatchObject({ Accepted: 'True', Programmed: 'True' });
      });
      const address = await addressOf(rig, 'infra/mixed');
      await rig.settles(() => handshake(address, hostOf('fine'), authority.root));
      await expect(handshake(address, hostOf('expired'), authority.root)).rejects.toThrow('expired');
      await rig.settles(async () => {
        const events = await rig.cluster.kubectl(['-n', 'infra', 'get', 'events.events.k8s.io']);
        expect(events).toMatch(/CertificateExpired.*mixed/);
      });
    },
    2 * minutes,
  );

  it(
    'C9: a thousand writes of a Secret that nobody refers to cause no reconcile',
    async () => {
      await rig.apply(tlsSecret('infra/unused', 'a', 'b'));
      const reconciles = async () => sumOf(await operator.metrics(), 'avi_gateway_reconcile_duration_seconds_count');
      const calls = rig.simulator.stats.read().writes.length;
      const before = await reconciles();
      expect(before).toBeGreaterThan(0);
      await writeSecret(rig, 'infra', 'unused', 1000);
      expect(await reconciles()).toBe(before);
      expect(rig.simulator.stats.read().writes.length).toBe(calls);
    },
    2 * minutes,
  );
});

describe('a Gateway whose certificate comes by ACME', () => {
  const host = 'acme.aclab.test';

  it(
    'C7: the path of the solver beats the redirect of its host; then the redirect leads to HTTPS',
    async () => {
      const parent = { namespace: 'infra', name: 'acme' };
      const gatewayHTTPRoute = { serviceType: 'ClusterIP', parentRefs: [{ ...parent, kind: 'Gateway' }] };
      const spec = {
        server: acme.directory,
        caBundle: Buffer.from(acme.ca).toString('base64'),
        privateKeySecretRef: { name: 'acme-account' },
        solvers: [{ http01: { gatewayHTTPRoute } }],
      };
      const listeners = [
        { name: 'http', hostname: host },
        { name: 'https', hostname: host, secret: 'acme-tls' },
      ];
      await rig.apply(
        route('dev/redirect', [{ ...parent, sectionName: 'http' }], [host], { redirect: true }),
        route('dev/acme', [{ ...parent, sectionName: 'https' }], [host]),
        gateway('infra/acme', listeners, issuer('acme')),
      );
      const vip = await addressOf(rig, 'infra/acme');
      const redirected = { status: 301, location: `https://${host}/shop` };
      await rig.settles(async () => expect(await request(vip, host, '/shop')).toMatchObject(redirected));
      // external-dns has published what cert-manager and the ACME server will ask for.
      await rig.settles(() => expect(dns.targets(host)).toEqual([vip]));

      await rig.apply(ofCertManager('Issuer', 'infra/acme', { acme: spec }));
      await rig.settles(async () => {
        const [challenge] = await challengesOf(host);
        expect(challenge).toBeDefined();
        const { token, key } = challenge?.spec ?? { token: '', key: '' };
        const path = `/.well-known/acme-challenge/${token}`;
        expect(await request(vip, host, path)).toMatchObject({ status: 200, body: key });
        expect(await request(vip, host, `${path}/more`)).toMatchObject({ status: 301 });
      }, minutes);
      await rig.settles(
        async () => expect((await gatewayStatus(rig, 'infra/acme')).listeners.https).toMatchObject(good),
        2 * minutes,
      );
      const served = await rig.settles(() => handshake(vip, host, acme.root));
      expect(served.issuer).toContain('Pebble');
      expect(await request(vip, host, '/shop')).toMatchObject(redirected);
      await rig.settles(async () => {
        expect(await request(vip, host, '/.well-known/acme-challenge/none')).toMatchObject({ status: 301 });
        expect(await rig.cluster.kubectl(['-n', 'infra', 'get', 'httproutes', '-o', 'name'])).toBe('');
      });
    },
    5 * minutes,
  );
});

describe('Gateways that go', () => {
  it(
    'C10: leave no certificate behind',
    async () => {
      expect(certificates().length).toBeGreaterThan(3);
      await rig.cluster.kubectl(['-n', 'infra', 'delete', '--wait=false', 'gateways', '--all']);
      await rig.settles(() =>
        expect(
          rig.ours('sslkeyandcertificate', 'vsvip', 'virtualservice').map(({ type, name }) => `${type} ${name}`),
        ).toEqual([]),
      );
    },
    2 * minutes,
  );
});

interface Challenge {
  readonly spec: { readonly dnsName: string; readonly token: string; readonly key: string };
}

async function challengesOf(host: string): Promise<readonly Challenge[]> {
  const { items } = await rig.read<{ readonly items: readonly Challenge[] }>('-n', 'infra', 'challenges');
  return items.filter(({ spec }) => spec.dnsName === host);
}

/** What `cmctl renew` does. */
async function renew(namespaceName: string, name: string): Promise<void> {
  const at = ['-n', namespaceName, 'certificate', name];
  const { status } = await rig.read<{ readonly status: { readonly conditions: readonly object[] } }>(...at);
  const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '');
  const issuing = { type: 'Issuing', status: 'True', reason: 'ManuallyTriggered', message: '', lastTransitionTime };
  const patch = JSON.stringify({ status: { conditions: [...status.conditions, issuing] } });
  const [flag = '', ns = '', ...object] = at;
  await rig.cluster.kubectl([flag, ns, 'patch', ...object, '--subresource=status', '--type=merge', '-p', patch]);
}

/** Sum of a metric over its labels. */
function sumOf(text: string, name: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Changes a Secret so many times, quicker than kubectl could. */
async function writeSecret({ cluster }: Rig, namespaceName: string, name: string, times: number): Promise<void> {
  const agent = new Agent({ connect: { ca: cluster.ca }, connections: 8 });
  const token = await cluster.kubectl(['config', 'view', '--raw', '-o', 'jsonpath={.users[0].user.token}']);
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let index = writer; index < times; index += 8) {
      const { statusCode, body } = await agent.request({
        origin: cluster.server,
        path: `/api/v1/namespaces/${namespaceName}/secrets/${name}`,
        method: 'PATCH',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify({ stringData: { 'tls.crt': `content ${index}` } }),
      });
      await body.dump();
      if (statusCode !== 200) throw new Error(`the Secret could not be written: ${statusCode}`);
    }
  });
  await Promise.all(writers);
  await agent.close();
}
