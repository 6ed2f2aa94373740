/** VSDataScriptSet of a virtual service: one at most, generated from templates. */
import type { AviObject, JsonObject } from '../desired.ts';
import type { RouteName } from '../naming/names.ts';
import type { Action } from '../policies/policy-entry.ts';
import { bareRef, ref } from '../naming/refs.ts';
import { orderedScripts, plainScripts, plainWork, scriptPools, type WorkTable } from './rule-script.ts';
import { aviObject, bodyHead, present, type TranslateContext, routeOrigin } from '../translate-context.ts';

/** For an ordered list; undefined when no rule in it needs a script. */
export function orderedScriptSet(
  context: TranslateContext,
  name: string,
  table: WorkTable,
  route?: RouteName,
): AviObject | undefined {
  if (table.size === 0) return undefined;
  return scriptSet(context, name, orderedScripts(table), scriptPools(table.values()), route);
}

/** For a plain child; undefined when its rule needs no script. */
export function plainScriptSet(
  context: TranslateContext,
  name: string,
  action: Action,
  route: RouteName,
): AviObject | undefined {
  const work = plainWork(context, action);
  return work && scriptSet(context, name, plainScripts(work), scriptPools([work]), route);
}

/** Field `vs_datascripts` of the virtual service. */
export function dataScriptRefs(...names: readonly string[]): readonly JsonObject[] {
  return names.map((name, place) => ({ index: place + 1, vs_datascript_set_ref: ref('vsdatascriptset', name) }));
}

function scriptSet(
  context: TranslateContext,
  name: string,
  scripts: readonly JsonObject[],
  pools: readonly string[],
  route?: RouteName,
): AviObject {
  const body = {
    ...bodyHead(context, name),
    datascript: scripts,
    ...present({ pool_refs: pools.length > 0 ? pools.map((pool) => bareRef('pool', pool)) : undefined }),
  };
  return aviObject(context, 'vsdatascriptset', body, route && routeOrigin(route));
}
