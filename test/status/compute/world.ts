/** Desired objects and outcomes for the status tests. */
import type { ObjectOutcome, Outcome } from '../../../src/apply/outcome.ts';
import {
  objectId,
  type AviObject,
  type AviType,
  type DesiredState,
  type JsonObject,
} from '../../../src/translate/desired.ts';
import { record } from '../../../src/values/read.ts';
import type { Condition, StatusUpdate } from '../../../src/status/update.ts';

export const now = '2026-06-01T00:00:00Z';
export const before = '2026-05-01T00:00:00Z';

export function object(type: AviType, name: string, origin: Partial<AviObject['origin']> = {}): AviObject {
  return { type, tenant: 'admin', name, body: {}, origin: { gateway: 'default/gw', ...origin } };
}

export const vip = object('vsvip', 'gw');
export const parent = object('virtualservice', 'gw');
export const certificate = object('sslkeyandcertificate', 'cert', { listeners: ['https'] });
export const child = object('virtualservice', 'child', { route: 'default/route' });
export const pool = object('pool', 'pool', { route: 'default/route', service: 'default/app' });

export function desiredOf(...objects: readonly AviObject[]): DesiredState {
  return { gateway: 'default/gw', tenant: 'admin', objects };
}

export function done(of: AviObject, body: JsonObject = {}): readonly [AviObject, ObjectOutcome] {
  const { type, tenant, name } = of;
  return [of, { state: 'done', object: { type, tenant, name, uuid: `${type}-1`, body } }];
}

export function failed(of: AviObject, message: string): readonly [AviObject, ObjectOutcome] {
  return [of, { state: 'failed', message, code: 400, retryable: false }];
}

export function blocked(of: AviObject, by: AviObject): readonly [AviObject, ObjectOutcome] {
  return [of, { state: 'blocked', by: objectId(by) }];
}

export function outcomeOf(...entries: readonly (readonly [AviObject, ObjectOutcome])[]): Outcome {
  return new Map(entries.map(([of, outcome]) => [objectId(of), outcome]));
}

export const address = (ip: string): JsonObject => ({ vip: [{ vip_id: '0', ip_address: { type: 'V4', addr: ip } }] });

export function conditionsOf(status: unknown): readonly Condition[] {
  return record(status)['conditions'] as readonly Condition[];
}

/** `True/Accepted: message` of a condition; undefined when it is absent. */
export function said(status: unknown, type: string): string | undefined {
  const condition = conditionsOf(status).find((entry) => entry.type === type);
  return condition && `${condition.status}/${condition.reason}: ${condition.message}`;
}

export function listOf(update: StatusUpdate, field: string): readonly Readonly<Record<string, unknown>>[] {
  return (update.status[field] ?? []) as readonly Readonly<Record<string, unknown>>[];
}
