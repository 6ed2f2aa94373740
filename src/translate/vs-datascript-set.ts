/** VSDataScriptSet of a virtual service whose ordered rules modify response headers. */
import type { AviObject, JsonObject } from './desired.ts';
import { markers } from './markers.ts';
import { createdBy } from './names.ts';
import { ref } from './refs.ts';
import { responseScripts, type ResponseTable } from './response-script.ts';
import { aviObject, type TranslateContext } from './translate-context.ts';

/** Undefined when the table is empty. */
export function vsDataScriptSet(
  context: TranslateContext,
  name: string,
  table: ResponseTable,
  route?: string,
): AviObject | undefined {
  if (table.size === 0) return undefined;
  const { settings, gateway, routed } = context;
  const body = {
    name,
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    markers: markers({ clusterName: settings.clusterName, gateway }),
    datascript: responseScripts(table),
  };
  return aviObject(context, 'vsdatascriptset', body, route ? { route } : {});
}

/** Field `vs_datascripts` of the virtual service. */
export function dataScriptRefs(name: string): readonly JsonObject[] {
  return [{ index: 1, vs_datascript_set_ref: ref('vsdatascriptset', name) }];
}
