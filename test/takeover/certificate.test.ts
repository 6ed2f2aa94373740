/** A certificate that was renewed after AKO stopped: it keeps its uuid, and the plan says so without its key. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { planMove, runMove } from '../../src/cli/adopt/take-over.ts';
import { describeTakeover } from '../../src/cli/adopt/text.ts';
import { selfSigned } from '../routing/pki.ts';
import { installAko, startServers, type Installation, type Servers } from './support/installation.ts';

let servers: Servers;
let installation: Installation;
beforeAll(async () => {
  servers = await startServers();
  installation = await installAko('02-http-https', servers);
}, 30_000);
afterAll(async () => {
  await installation.close();
  await servers.close();
});

const stored = () =>
  installation.simulator.store.list('sslkeyandcertificate').find(({ name }) => name.startsWith('ako-'));
const pemOf = () => (stored()?.body.certificate as { readonly certificate: string }).certificate;

it('is changed in place, and its key is in no plan', async () => {
  const wanted = pemOf();
  const uuid = stored()?.uuid;
  const old = await selfSigned(['old.example.com']);
  const { certificate, key } = { certificate: { certificate: old.certificate }, key: old.key };
  const path = `/api/sslkeyandcertificate/${uuid}`;
  await installation.client.request('PUT', path, { body: { ...stored()?.body, certificate, key } });

  const text = describeTakeover(await planMove(await installation.move()));
  expect(text).toMatch(/^ {2}sslkeyandcertificate admin\/\S+ \(sslkeyandcertificate-\S+\)\n {4}certificate/m);
  expect(text).not.toContain('PRIVATE KEY');
  expect(text).not.toContain(old.key.split('\n')[1]);

  expect(await runMove(await installation.move(), () => undefined)).toEqual([]);
  expect([stored()?.uuid, pemOf()]).toEqual([uuid, wanted]);
}, 30_000);
