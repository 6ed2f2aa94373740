/** Settings of several layers put together: which fields belong together, and which go first. */
import type { PoolSettings, VirtualServiceSettings } from './avi-settings.ts';

/** Settings that an application profile holds; those of a virtual service come to one profile of our own. */
export const httpProfileFields = [
  'hsts',
  'forwardedFor',
  'forwardedProto',
  'compression',
  'maxRequestBodyKb',
  'maxRequestHeadersKb',
] as const satisfies readonly (keyof VirtualServiceSettings)[];

/** Settings that an SSL profile holds; those of a virtual service come to one profile of our own. */
export const tlsFields = ['minTLSVersion', 'ciphers'] as const satisfies readonly (keyof VirtualServiceSettings)[];

/** A profile of the controller is named, or a profile is made of single fields: not both. */
const rivals: readonly {
  readonly named: 'applicationProfile' | 'sslProfile';
  readonly single: readonly (keyof VirtualServiceSettings)[];
}[] = [
  { named: 'applicationProfile', single: httpProfileFields },
  { named: 'sslProfile', single: tlsFields },
];

/** Whether a field has no say where other fields are taken. */
export function isRival(field: string, taken: ReadonlySet<string>): boolean {
  return rivals.some(({ named, single }) => {
    const fields: readonly string[] = single;
    return field === named ? fields.some((one) => taken.has(one)) : fields.includes(field) && taken.has(named);
  });
}

/** Settings that are of listeners, not of what rules ask for. */
export const listenerFields = [
  'networkSecurityPolicy',
  'sslProfile',
  ...tlsFields,
] as const satisfies readonly (keyof VirtualServiceSettings)[];

/**
 * Field by field, the first that says something. Equal settings come to equal JSON.
 *
 * @param layers the most specific first
 */
export function mergeServiceSettings(layers: readonly VirtualServiceSettings[]): VirtualServiceSettings {
  const merged = layers.reduce((specific, general) => ({ ...withoutRival(specific, general), ...specific }), {});
  return sorted(merged);
}

/** The same for pools. */
export function mergePoolSettings(layers: readonly PoolSettings[]): PoolSettings {
  return sorted(layers.reduce((specific, general) => ({ ...general, ...specific }), {}));
}

function withoutRival(specific: VirtualServiceSettings, general: VirtualServiceSettings): VirtualServiceSettings {
  const taken = new Set(Object.entries(specific).flatMap(([field, value]) => (value === undefined ? [] : [field])));
  return Object.fromEntries(Object.entries(general).filter(([field]) => !isRival(field, taken)));
}

function sorted<T extends object>(settings: T): T {
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))) as T;
}
