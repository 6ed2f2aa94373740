/** Rules of HTTPRoutes and GRPCRoutes, as routed. */
import type { VirtualServiceSettings } from '../extensions/avi-settings.ts';
import type { RoutedBackend, SettingsOrigins } from './routed-backend.ts';
import type { Cors, HeaderModifier, Redirect, Rewrite } from './routed-filters.ts';
import type { RuleMatch } from './routed-match.ts';

/** A valid backend that gets a copy of a share of the rule's requests: `numerator` of each `denominator`. */
export interface Mirror {
  readonly backend: RoutedBackend;
  /** From 1 to the denominator. */
  readonly numerator: number;
  readonly denominator: number;
}

/** One rule of an attached route. Dropped rules are not here. */
export interface RoutedRule {
  /** Index in `spec.rules`. */
  readonly index: number;
  /** It redirects `/` for a HostRule, beside the rule with that index. */
  readonly root?: true;
  readonly name?: string;
  /** Never empty; in the order of the manifest. */
  readonly matches: readonly RuleMatch[];
  readonly requestHeaders?: HeaderModifier;
  readonly responseHeaders?: HeaderModifier;
  readonly redirect?: Redirect;
  readonly rewrite?: Rewrite;
  readonly cors?: Cors;
  /** Never empty. */
  readonly mirrors?: readonly Mirror[];
  /** How often a request that no connection could be made for is sent to another server; at least once. */
  readonly retry?: { readonly attempts: number };
  /** What is said of the virtual service that answers its requests; never empty. */
  readonly settings?: VirtualServiceSettings;
  readonly settingsFrom?: SettingsOrigins;
  readonly timeouts?: { readonly requestMs?: number; readonly backendRequestMs?: number };
  /**
   * `forward` to the backends (of which at least one is valid and has weight), `redirect`, or `fail` with 500
   * (no backend is valid, all weights are zero, or a filter cannot be resolved).
   */
  readonly action: 'forward' | 'redirect' | 'fail';
  /** Why policies let it fail; absent where none does. */
  readonly unmet?: readonly string[];
  readonly backends: readonly RoutedBackend[];
}
