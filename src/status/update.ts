import type { ExtensionKind } from '../routing/extensions/extension-kinds.ts';
import type { ConditionDraft } from '../routing/result/findings.ts';
import type { RouteKind } from '../routing/result/routed-route.ts';

/** A condition as it is written. */
export interface Condition extends ConditionDraft {
  readonly observedGeneration?: number;
  /** RFC 3339; only moves when `status` changes. */
  readonly lastTransitionTime: string;
}

/** The whole status that one object of ours should have, foreign entries kept. */
export interface StatusUpdate {
  readonly apiVersion: string;
  readonly kind: 'GatewayClass' | 'Gateway' | 'ListenerSet' | 'BackendTLSPolicy' | RouteKind | ExtensionKind;
  readonly metadata: { readonly namespace?: string; readonly name: string; readonly generation?: number };
  readonly status: Readonly<Record<string, unknown>>;
}
