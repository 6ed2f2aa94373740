import { extensionId, isAttachedKind, type ExtensionKind } from '../routing/extensions/extension-kinds.ts';
import { splitKey } from '../values/read.ts';
import { keyOf } from '../routing/snapshot.ts';
import { isOurClass, ours, type Handler, type HandlerContext } from './context.ts';
import { follow } from './follow.ts';
import { isEcho, record } from './record.ts';

/** Any may use an AviInfraSetting, by its class or its namespace. */
function allGateways({ state }: HandlerContext): readonly string[] {
  return [...state.list('Gateway')].map(({ metadata }) => keyOf(metadata ?? {}));
}

function classesOf(context: HandlerContext): readonly string[] {
  const classes = [...context.state.list('GatewayClass')].filter(({ spec }) => spec?.parametersRef != null);
  return classes.map(({ metadata }) => metadata?.name ?? '').filter((name) => isOurClass(context, name));
}

function sameKind({ references }: HandlerContext, kind: ExtensionKind, key: string): readonly string[] {
  const { namespace } = splitKey(key);
  return [...references.extensionsOfNamespace(namespace)].filter((id) => id.startsWith(`${kind}/`));
}

/** An extension touches its own lane, and the Gateways with routes that refer to it, directly or by another extension. */
export function createExtensionHandler<K extends ExtensionKind>(context: HandlerContext, kind: K): Handler<K> {
  return (change) => {
    const recorded = record(context, kind, change);
    if (isEcho(context, kind, recorded)) return;
    const { references } = context;
    const id = extensionId(kind, recorded.key);
    const before = references.followedByExtension(id);
    const left = references.gatewaysOfExtension(id);
    references.setExtension(id, recorded.after);
    follow(context, [...before, ...references.followedByExtension(id)]);
    const gateways =
      kind === 'AviInfraSetting' ? allGateways(context) : new Set([...left, ...references.gatewaysOfExtension(id)]);
    // Which of two rules for one FQDN holds depends on both.
    const rivals = isAttachedKind(kind) ? sameKind(context, kind, recorded.key) : [];
    const users = references.extensionsUsing(id);
    context.marks.mark(new Set([id, ...rivals, ...users, ...ours(context, gateways)]), 'all', change.explained);
    if (kind === 'AviInfraSetting') for (const name of classesOf(context)) context.marks.markClass(name);
  };
}
