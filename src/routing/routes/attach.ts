/** Which listeners of a Gateway a route attaches to through one parentRef, or why to none (shared_types.go, ParentReference). */
import { fails } from '../conditions.ts';
import { isHostname, meet, normalizeHostname, type Hostname } from '../../values/hostnames.ts';
import type { ListenerState } from '../listeners/listeners.ts';
import { list, text } from '../../values/read.ts';
import type { AnyRoute, RouteKind } from '../result/routed-route.ts';
import type { ConditionDraft } from '../result/findings.ts';
import type { AttachingRef, ParentRef } from './route-index.ts';

/** The listeners that accept the route, or the Accepted condition that says why none does. */
export type Attachment =
  | {
      readonly listeners: readonly ListenerState[];
      /** Of listeners that would accept it, had not another route their host; absent when there are none. */
      readonly withheld?: readonly Withheld[];
    }
  | { readonly refusal: ConditionDraft };

/** What became of one parentRef of a route. */
export interface IndexedAttachment {
  /** Of the parentRef. */
  readonly index: number;
  readonly attachment: Attachment;
}

/** A listener's id, and why the route is not on it. */
export interface Withheld {
  readonly listener: string;
  readonly message: string;
}

/** A route's hostnames as far as they are names. */
export interface RouteHostnames {
  /** Lower case, as written; empty for every host. */
  readonly hostnames: readonly string[];
  /** Paths of entries that are no hostnames; such an entry never means every host. */
  readonly malformed: readonly string[];
}

/** Routes never change, and those of a Gateway are asked for their hostnames again and again. */
const known = new WeakMap<AnyRoute, RouteHostnames>();

/** A route of a kind without hostnames has none: its listeners' are not looked at. */
export function readHostnames(route: AnyRoute): RouteHostnames {
  const found = known.get(route) ?? hostnamesIn(route);
  if (Object(route) === route) known.set(route, found);
  return found;
}

function hostnamesIn(route: AnyRoute): RouteHostnames {
  const hostnames: string[] = [];
  const malformed: string[] = [];
  for (const [index, entry] of list(hostnamesOf(route)).entries()) {
    const hostname = normalizeHostname(text(entry));
    if (hostname !== undefined && isHostname(hostname)) hostnames.push(hostname);
    else malformed.push(`spec.hostnames[${index}]`);
  }
  return { hostnames: hostnames.slice(), malformed };
}

function hostnamesOf({ spec }: AnyRoute): readonly string[] | undefined {
  return spec && 'hostnames' in spec ? spec.hostnames : undefined;
}

export function attach(
  kind: RouteKind,
  { ref, set }: AttachingRef,
  namespace: string,
  names: RouteHostnames,
  listeners: readonly ListenerState[],
): Attachment {
  const selected = listeners.filter((listener) => isSelected(ref, set, listener));
  if (selected.length === 0) return refuse('NoMatchingParent', noMatchingParent(ref));

  const allowing = selected.filter((listener) => listener.allowsKind(kind) && listener.allowsNamespace(namespace));
  if (allowing.length === 0) {
    const message = `No listener allows ${kind}s of namespace ${namespace} (allowedRoutes)`;
    return refuse('NotAllowedByListeners', message);
  }
  if (names.hostnames.length === 0 && names.malformed.length > 0) {
    return refuse('UnsupportedValue', `${names.malformed.join(', ')}: not a hostname`);
  }
  const matching = allowing.filter((listener) => intersects(listener.spec.hostname, names.hostnames));
  if (matching.length === 0) {
    const message = "Hostname in Gateway Listener doesn't match with any of the hostnames in " + kind;
    return refuse('NoMatchingListenerHostname', message);
  }
  const taking = matching.filter((listener) => listener.takesRoutes);
  if (taking.length === 0) return refuse('Pending', 'Matching gateway listener is in Invalid state');
  return { listeners: taking.slice() };
}

/** Whether a listener and a route share a host; a route without hostnames takes the listener's. */
export function intersects(listener: Hostname, hostnames: readonly string[]): boolean {
  return hostnames.length === 0 || hostnames.some((hostname) => meet(listener, hostname) !== false);
}

function isSelected(ref: ParentRef, set: string | undefined, { spec }: ListenerState): boolean {
  return (
    spec.set === set &&
    (!ref.sectionName || ref.sectionName === spec.name) &&
    (ref.port == null || ref.port === spec.port)
  );
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
