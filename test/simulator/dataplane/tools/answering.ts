/** Virtual services that answer every request with a status of their own. */
import { local, parent, policies, requestPolicy, vip } from './bodies.ts';
import type { TestStore } from './store.ts';

/** The status that a virtual service answers with from now on. */
export function putAnswer(store: TestStore, name: string, status: number): void {
  store.put('httppolicyset', name, requestPolicy({ switching_action: local(status) }));
}

/** A parent at the address that answers with this status. */
export function putAnswering(store: TestStore, name: string, ip: string, status: number, more: object = {}): void {
  store.put('vsvip', name, vip(ip));
  putAnswer(store, name, status);
  store.put('virtualservice', name, parent(name, { ...policies(name), ...more }));
}
