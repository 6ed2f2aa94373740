/** The controller's own certificate is replaced by one of another authority, under a running operator. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { createAuthority } from '../../simulator/dataplane/tools/certificates.ts';
import { startFront } from './front.ts';
import { createControllerRig, factor } from './rig.ts';

const rig = createControllerRig(1);

it('it is refused until its authority is configured, without a restart then, and traffic never noticed', async () => {
  const [first, second] = [await createAuthority('first'), await createAuthority('second')];
  const front = await startFront(rig.simulator(), await first.issue('localhost'));
  rig.onClose(front.close);
  let trusted = first.ca;
  await rig.served({ addresses: [front.url], tls: { ca: first.ca, rereadCa: () => trusted } });

  front.present(await first.issue('localhost'));
  rig.addRoute('same-authority');
  await rig.untilServed('same-authority.example.test');

  front.present(await second.issue('localhost'));
  rig.addRoute('other-authority');
  const before = rig.simulator().stats.read().calls;
  // Two minutes.
  await sleep(120_000 / factor);
  expect(rig.childrenOf('other-authority.example.test')).toBe(0);
  expect(rig.simulator().stats.read().calls).toBe(before);

  trusted = second.ca;
  await rig.untilServed('other-authority.example.test');
  await rig.noneFailed();
});
