/** Fields of GatewayClasses. */
import { partly, yes, type Features } from './feature.ts';

export const gatewayClassFeatures = {
  classController: yes('spec.controllerName', {
    reason: 'classes of other controllers, and what belongs to them, are left alone',
  }),
  classDescription: yes('spec.description', { reason: 'for people; nothing follows from it' }),
  classParameters: partly('spec.parametersRef', {
    avi: '`VirtualService.se_group_ref`, `VirtualService.enable_rhi`, `VsVip.vip[].ipam_network_subnet`, `VsVip.bgp_peer_labels`, `VsVip.tier1_lr`',
    reason: 'AviInfraSetting of group ako.vmware.com only (docs/policies.md), which has no namespace',
    says: '`Accepted=False/InvalidParameters`; what its Gateways have stays as it is',
  }),
  classStatus: yes('status', {
    reason: 'conditions Accepted and SupportedVersion; supportedFeatures holds the names of the last column with yes',
  }),
} as const satisfies Features;
