/** What is told of a reconcile besides statuses: Events, logs and metrics. */
import { failures } from '../apply/apply.ts';
import { isClean, type Outcome } from '../apply/outcome.ts';
import type { Plan } from '../plan/operation.ts';
import type { Problem, RoutingEvent } from '../routing/result/findings.ts';
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import type { DesiredState } from '../translate/desired.ts';
import { splitKey } from '../values/read.ts';
import type { EngineContext } from './engine-context.ts';

/** Tells what the routing and the translation of a Gateway met, and counts what it serves. */
export function tell(key: string, routed: RoutedGateway, desired: DesiredState, { deps }: EngineContext): void {
  deps.events.emit([...routed.events, ...(desired.problems ?? []).map(asEvent)]);
  deps.metrics?.gateway(key, routed.listeners.filter(({ serving }) => serving).length, routed.routes.length);
  for (const [secret, notAfter] of certificatesOf(routed)) deps.metrics?.certificate(secret, notAfter);
}

/** A problem that the translation met, as an Event about the resource that it names as `Kind/namespace/name`. */
function asEvent({ resource, field, message }: Problem): RoutingEvent {
  const [kind = '', namespace = '', name = ''] = resource.split('/');
  const regarding = { apiVersion: 'gateway.networking.k8s.io/v1', kind, namespace, name };
  return { type: 'Warning', reason: 'PartiallyProgrammed', message: `${field}: ${message}`, regarding };
}

/** When the certificates of a Gateway end, by Secret, in milliseconds since the epoch. */
function certificatesOf(routed: RoutedGateway | undefined): ReadonlyMap<string, number> {
  const all = routed?.listeners.flatMap(({ certificates }) => certificates) ?? [];
  return new Map(
    all.map(({ secretNamespace, secretName, notAfter }) => [`${secretNamespace}/${secretName}`, Date.parse(notAfter)]),
  );
}

/** Certificates that no Gateway uses any more are not counted any more. */
export function forgetCertificates(before: RoutedGateway | undefined, { deps, memory }: EngineContext): void {
  const gone = new Set(certificatesOf(before).keys());
  if (gone.size === 0) return;
  for (const { routed } of memory.values()) for (const secret of certificatesOf(routed).keys()) gone.delete(secret);
  for (const secret of gone) deps.metrics?.certificate(secret, undefined);
}

/** Logs what failed, and tells users of the turn to good or bad. */
export function announce(
  key: string,
  plan: Plan,
  before: Outcome | undefined,
  after: Outcome,
  { deps }: EngineContext,
): void {
  const logger = deps.logger.child({ gateway: key });
  if (plan.operations.length > 0) {
    const last = plan.operations.filter(({ stage }) => stage === undefined);
    const count = (verb: string): number => last.filter((operation) => operation.verb === verb).length;
    logger.info('applied', { created: count('create'), updated: count('update'), deleted: count('delete') });
    if (plan.compromises)
      logger.info('paths cross between rules, so some requests may meet another of these rules for a moment', {
        places: plan.compromises,
      });
  }
  const failed = failures(after).filter(({ outcome }) => outcome.state !== 'blocked');
  for (const { id, outcome } of failed) logger.warn('not programmed', { object: id, outcome });
  const regarding = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', ...splitKey(key) };
  const [first] = failed;
  if (first && 'message' in first.outcome) {
    deps.events.emit([
      { type: 'Warning', reason: 'ProgrammingFailed', message: `${first.id}: ${first.outcome.message}`, regarding },
    ]);
  } else if (plan.operations.length > 0 && !isClean(before) && isClean(after)) {
    deps.events.emit([
      { type: 'Normal', reason: 'Programmed', message: 'Virtual service configured/updated', regarding },
    ]);
  }
}
