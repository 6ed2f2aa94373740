/** Virtual services of a Gateway below HTTP: TCP and UDP, TLS passed through, TLS terminated. They share its VsVip. */
import type { VirtualServiceSettings } from '../../routing/extensions/avi-settings.ts';
import type { L4Listener } from '../../routing/result/routed-route.ts';
import type { AviObject, JsonObject } from '../desired.ts';
import { l4Settings } from './l4-settings.ts';
import { l4Parts, listenersOf } from '../pools/l4-parts.ts';
import { l4PolicySet } from '../policies/l4-policy-set.ts';
import { markers } from '../naming/markers.ts';
import { createdBy, type L4Part } from '../naming/names.ts';
import { bareRef, ref } from '../naming/refs.ts';
import { namedScripts, serviceFields } from '../policies/rule-extension.ts';
import { serviceMetadata } from '../naming/service-metadata.ts';
import { certificateNames } from '../profiles/ssl-key-and-certificate.ts';
import { shareScriptSet } from '../scripts/share-script.ts';
import { leadToOneGroup, tlsScriptSet } from '../scripts/tls-script.ts';
import { aviObject, present, virtualServiceNetwork, type TranslateContext } from '../translate-context.ts';
import { dataScriptRefs } from '../scripts/vs-datascript-set.ts';

/** Each with its policy set or DataScript set. `vsVip`: its name. */
export function l4Objects(context: TranslateContext, vsVip: string): readonly AviObject[] {
  return [...l4Parts(context.routed)].flatMap(([part, listeners]) => {
    const byPort = part === 'L4' || (part === 'TLS' && leadToOneGroup(context, listeners));
    const policySet = byPort ? l4PolicySet(context, part, listeners) : undefined;
    const scriptSet = part === 'L4' ? shareScriptSet(context, listeners) : tlsScriptSet(context, part, listeners);
    const sets = [policySet, scriptSet].filter((set) => set !== undefined);
    return [...sets, virtualService(context, part, listeners, vsVip, sets)];
  });
}

function virtualService(
  context: TranslateContext,
  part: L4Part,
  listeners: readonly L4Listener[],
  vsVip: string,
  sets: readonly AviObject[],
): AviObject {
  const { settings, gateway, routed } = context;
  const own = l4Settings(routed, part, listeners);
  const body = {
    name: context.l4Name(part),
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    cloud_ref: bareRef('cloud', settings.cloud),
    type: 'VS_TYPE_NORMAL',
    network_profile_ref: ref('networkprofile', 'System-TCP-Proxy'),
    application_profile_ref: ref(
      'applicationprofile',
      part === 'TLS' ? 'System-SSL-Application' : 'System-L4-Application',
    ),
    se_group_ref: bareRef('serviceenginegroup', settings.seGroup),
    ...virtualServiceNetwork(context),
    vsvip_ref: ref('vsvip', vsVip),
    services: listeners.map((listener) => service(listener)),
    ...selection(sets, own),
    ...(part === 'TLS' && { ssl_key_and_certificate_refs: certificateRefs(context, listeners) }),
    traffic_enabled: routed.trafficEnabled,
    markers: markers({ clusterName: settings.clusterName, gateway }),
    service_metadata: serviceMetadata({ gateway: routed.key }),
    ...present({ enable_rhi: settings.enableRHI ? true : undefined }),
    ...serviceFields(context, own),
  };
  return aviObject(context, 'virtualservice', body);
}

function service({ port, protocol, mode, networkProfile = 'System-UDP-Fast-Path' }: L4Listener): JsonObject {
  return {
    port,
    enable_ssl: mode === 'Terminate',
    ...(protocol === 'UDP' && { override_network_profile_ref: ref('networkprofile', networkProfile) }),
  };
}

/** How a connection finds its pool group, and what scripts it meets. */
function selection(sets: readonly AviObject[], settings: VirtualServiceSettings): JsonObject {
  const nameOf = (type: AviObject['type']): string | undefined => sets.find((set) => set.type === type)?.name;
  const policySet = nameOf('l4policyset');
  const scripts = namedScripts(nameOf('vsdatascriptset'), settings);
  return {
    ...(policySet !== undefined && { l4_policies: [{ index: 1, l4_policy_set_ref: ref('l4policyset', policySet) }] }),
    ...(scripts.length > 0 && { vs_datascripts: dataScriptRefs(...scripts) }),
  };
}

function certificateRefs(context: TranslateContext, listeners: readonly L4Listener[]): readonly string[] {
  const names = certificateNames(
    context,
    listeners.flatMap((listener) => listenersOf(context.routed, listener)),
  );
  return names.map((certificate) => ref('sslkeyandcertificate', certificate));
}
