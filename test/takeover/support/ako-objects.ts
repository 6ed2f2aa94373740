/** Objects of ours as AKO and its CRD operator would have left them. */
import type { AviType, DesiredState, JsonObject } from '../../../src/translate/desired.ts';

const order: readonly AviType[] = [
  'healthmonitor',
  'sslkeyandcertificate',
  'pool',
  'poolgroup',
  'httppolicyset',
  'vsvip',
  'virtualservice',
];

/** In an order in which they can be created: with AKO's `created_by`, and without the marker that tells ours. */
export function akoObjects(
  desired: readonly DesiredState[],
  clusterName: string,
): readonly { readonly type: AviType; readonly body: JsonObject }[] {
  return desired
    .flatMap((state) => state.objects)
    .toSorted(
      (a, b) =>
        order.indexOf(a.type) - order.indexOf(b.type) ||
        Number('vh_parent_vs_ref' in a.body) - Number('vh_parent_vs_ref' in b.body),
    )
    .map(({ type, body }) => ({ type, body: asAko(body, clusterName) }));
}

function asAko(body: JsonObject, clusterName: string): JsonObject {
  const markers = (body.markers as readonly JsonObject[]).filter(({ key }) => key !== 'managed-by');
  return { ...body, markers, ...('created_by' in body && { created_by: `ako-gw-${clusterName}-avi-system` }) };
}
