/** `service_metadata`: AKO's JSON text, every key always there, which tools around AKO read. */
import { goJson } from './names.ts';

interface Metadata {
  /** `namespace/name`. */
  readonly services?: readonly string[];
  /** `namespace/name`. */
  readonly gateway?: string;
  /** `namespace/name`. */
  readonly route?: string;
  /** The rule's name, else the digest of its matches. */
  readonly rule?: string;
}

/** The JSON text; what is not given is empty or null, as AKO writes it. */
export function serviceMetadata({ services, gateway, route, rule }: Metadata): string {
  return goJson({
    namespace_ingress_name: null,
    ingress_name: '',
    namespace: '',
    hostnames: null,
    namespace_svc_name: services ?? null,
    crd_status: { type: '', value: '', status: '' },
    pool_ratio: 0,
    passthrough_parent_ref: '',
    passthrough_child_ref: '',
    gateway: gateway ?? '',
    httproute: route ?? '',
    httproute_rule_name: rule ?? '',
    insecureedgetermallow: false,
    is_mci_ingress: false,
    fqdn_reuse_policy: '',
    host_namespace_ingress_name: null,
  });
}
