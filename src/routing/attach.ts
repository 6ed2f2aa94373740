/** Which listeners of a Gateway a route attaches to through one parentRef, or why to none (shared_types.go, ParentReference). */
import { fails } from './conditions.ts';
import { isHostname, meet, normalizeHostname, type Hostname } from './hostnames.ts';
import type { ListenerState } from './listeners.ts';
import { list, text } from './read.ts';
import type { ConditionDraft } from './result.ts';
import type { AttachingRoute, ParentRef } from './route-index.ts';

/** The listeners that accept the route, or the Accepted condition that says why none does. */
export type Attachment = { readonly listeners: readonly ListenerState[] } | { readonly refusal: ConditionDraft };

/** A route's hostnames as far as they are names. */
export interface RouteHostnames {
  /** Lower case, as written; empty for every host. */
  readonly hostnames: readonly string[];
  /** Paths of entries that are no hostnames; such an entry never means every host. */
  readonly malformed: readonly string[];
}

export function readHostnames(route: AttachingRoute['route']): RouteHostnames {
  const hostnames: string[] = [];
  const malformed: string[] = [];
  for (const [index, entry] of list(route.spec?.hostnames).entries()) {
    const hostname = normalizeHostname(text(entry));
    if (hostname !== undefined && isHostname(hostname)) hostnames.push(hostname);
    else malformed.push(`spec.hostnames[${index}]`);
  }
  return { hostnames, malformed };
}

export function attach(
  ref: ParentRef,
  namespace: string,
  names: RouteHostnames,
  listeners: readonly ListenerState[],
): Attachment {
  const selected = listeners.filter((listener) => isSelected(ref, listener));
  if (selected.length === 0) return refuse('NoMatchingParent', noMatchingParent(ref));

  const allowing = selected.filter((listener) => listener.allowsKinds && listener.allowsNamespace(namespace));
  if (allowing.length === 0) {
    const message = `No listener allows HTTPRoutes of namespace ${namespace} (allowedRoutes)`;
    return refuse('NotAllowedByListeners', message);
  }
  if (names.hostnames.length === 0 && names.malformed.length > 0) {
    return refuse('UnsupportedValue', `${names.malformed.join(', ')}: not a hostname`);
  }
  const matching = allowing.filter((listener) => intersects(listener.spec.hostname, names.hostnames));
  if (matching.length === 0) {
    const message = "Hostname in Gateway Listener doesn't match with any of the hostnames in HTTPRoute";
    return refuse('NoMatchingListenerHostname', message);
  }
  const taking = matching.filter((listener) => listener.takesRoutes);
  if (taking.length === 0) return refuse('Pending', 'Matching gateway listener is in Invalid state');
  return { listeners: taking };
}

/** Whether a listener and a route share a host; a route without hostnames takes the listener's. */
export function intersects(listener: Hostname, hostnames: readonly string[]): boolean {
  return hostnames.length === 0 || hostnames.some((hostname) => meet(listener, hostname) !== false);
}

function isSelected(ref: ParentRef, { spec }: ListenerState): boolean {
  return (!ref.sectionName || ref.sectionName === spec.name) && (ref.port == null || ref.port === spec.port);
}

function noMatchingParent(ref: ParentRef): string {
  const port = ref.port == null ? '' : `port ${ref.port}`;
  if (!ref.sectionName) return port ? `No listener has ${port}` : 'The Gateway has no listener';
  const listener = `no listener is named ${text(ref.sectionName) ?? ''}${port ? ` and has ${port}` : ''}`;
  return `Invalid listener name provided: ${listener}`;
}

function refuse(reason: string, message: string): Attachment {
  return { refusal: fails('Accepted', reason, message) };
}
