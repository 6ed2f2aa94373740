/** What one rule by FQDN comes to by itself. */
import type { AviName, PoolSettings, VirtualServiceSettings } from '../extensions/avi-settings.ts';
import type { HostTls } from './host-tls.ts';

/** What one that lacks what it must have comes to. */
export const malformedRule = {
  named: [],
  failures: ['spec: lacks what is required, or has something of another type'],
  refused: [],
  ignored: [],
} as const;

/** Settings of the pools of rules below a path. */
export interface PathSettings {
  /** Begins with `/`; without a trailing one, unless it is all. */
  readonly target: string;
  readonly pool: PoolSettings;
  /** Why requests cannot be served; absent where they can. */
  readonly failure?: string;
}

export interface FqdnRead {
  readonly service?: VirtualServiceSettings;
  /** The policy sets of `service` take the place of the filters of rules. */
  readonly overwrites?: true;
  /** Regular expressions match paths in any case. */
  readonly inAnyCase?: true;
  readonly paths?: readonly PathSettings[];
  readonly tls?: HostTls;
  /** Further hosts with the same rules. */
  readonly aliases?: readonly string[];
  /** Where requests for `/` are redirected to. */
  readonly root?: string;
  /** What of the controller it names. */
  readonly named: readonly AviName[];
  /** References that do not hold: requests are not served without what they lead to. */
  readonly failures: readonly string[];
  /** Fields that cannot mean anything here, each with the reason; the others hold. */
  readonly refused: readonly string[];
  /** Paths of fields that are for others to read. */
  readonly ignored: readonly string[];
}
