import { expect, it } from '@jest/globals';
import { confirmAnnotation, heldEvent } from '../../src/loop/held-event.ts';

it('says how many objects are held, and the command that lets them go', () => {
  const held = { hash: '0011223344556677', objects: ['pool admin/a', 'pool admin/b'], owned: 5 };
  const event = heldEvent(held, { namespace: 'system', name: 'leader' });
  expect(event).toMatchObject({
    type: 'Warning',
    reason: 'DeletionsHeld',
    regarding: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'system', name: 'leader' },
  });
  expect(event.message).toContain('2 of 5 objects');
  expect(event.message).toContain(`kubectl -n system annotate lease leader ${confirmAnnotation}=0011223344556677`);
  expect(event.message.length).toBeLessThan(1024);
});
