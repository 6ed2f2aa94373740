/** The test bench: an EVH parent on a VIP of its own, to which checks add children. */
import type { AviClient } from '../../avi/client.ts';
import type { Config } from '../../config.ts';
import { translateSettings, type Site } from '../../main/settings.ts';
import type { RoutedGateway } from '../../routing/result/routed-gateway.ts';
import type { Json, JsonObject } from '../../translate/desired.ts';
import { translateContext, virtualServiceNetwork } from '../../translate/translate-context.ts';
import { vsVip } from '../../translate/virtual-services/vsvip.ts';
import { createAuthority } from '../demo/certificates.ts';
import type { Made, Workshop } from './objects.ts';
import type { RestBench } from './rest-bench.ts';
import { send, sendHttp2, type Answered, type Asked } from './requests.ts';

/** Ports of the VIP: the parent's (HTTP, HTTPS, HTTP with HTTP/2), TLS that is passed through, TCP and UDP. */
export interface Ports {
  readonly http: number;
  readonly https: number;
  readonly http2: number;
  readonly tls: number;
  readonly l4: number;
}

/** Those of the parent. */
const parentPorts = ({ http, https, http2 }: Ports): readonly number[] => [http, https, http2];

/** A child to be made. */
export interface ChildDraft {
  readonly name: string;
  /** Host to path conditions; a condition is `[criteria, value]`. */
  readonly matches: Readonly<Record<string, readonly (readonly [criteria: string, value: string])[]>>;
  /** Request rules; without: one that redirects to the child's name. */
  readonly rules?: readonly JsonObject[];
  /** Other fields of the virtual service. */
  readonly fields?: JsonObject;
  /** Short name of a policy set that is there already, in place of one of its own. */
  readonly policySet?: string;
}

/** What checks work with. */
export interface Bench {
  readonly client: AviClient;
  readonly workshop: Workshop;
  readonly config: Config;
  /** The VsVip. */
  readonly vip: Made;
  /** Of the VIP. */
  readonly address: string;
  readonly ports: Ports;
  /** A host name of its own for a check. */
  readonly host: (label: string) => string;
  /** Makes children and waits until all of them serve. @throws Error when they do not in time. */
  readonly children: (...drafts: readonly ChildDraft[]) => Promise<void>;
  readonly ask: (asked: Asked) => Promise<Answered>;
  /** The name that a redirect of ours leads to, `parent` for the parent's; else the status. */
  readonly reached: (asked: Asked) => Promise<string>;
  readonly askHttp2: (authority: string) => Promise<number>;
  /** Makes a virtual service below HTTP on the VIP. */
  readonly virtualService: (name: string, fields: JsonObject) => Promise<Made>;
  /** Looks until it sees what is wanted. @returns what was seen last, when it never came. */
  readonly eventually: (look: () => Promise<string>, wanted: string) => Promise<string>;
  /** Address and port at which Service Engines reach this program; absent where no server may be used. */
  readonly server?: { readonly address: string; readonly port: number };
}

/** Name of the parent. */
const parentName = 'parent';
const domain = 'probe.invalid';

/** A rule that tells by its Location which rule answered. */
export function redirectTo(name: string): JsonObject {
  return {
    redirect_action: {
      protocol: 'HTTP',
      host: { type: 'URI_PARAM_TYPE_TOKENIZED', tokens: [{ type: 'URI_TOKEN_TYPE_STRING', str_value: `${name}.to` }] },
      status_code: 'HTTP_REDIRECT_STATUS_CODE_302',
    },
  };
}

/** Rules with names and indexes in the order of the list. */
export function inOrder(rules: readonly JsonObject[]): readonly JsonObject[] {
  return rules.map((rule, place) => ({ name: `rule-${place + 1}`, enable: true, index: place + 1, ...rule }));
}

/** What makes a bench. */
export interface BenchOptions {
  readonly client: AviClient;
  readonly workshop: Workshop;
  readonly config: Config;
  readonly site: Site;
  readonly ports: Ports;
  /** Wanted for the VIP; else it is allocated. */
  readonly address?: string;
  readonly server?: Bench['server'];
  /** How long a write may take to be seen in traffic, in milliseconds. */
  readonly patienceMs: number;
  readonly flood?: RestBench['flood'];
  readonly signal: AbortSignal;
}

/** Makes the VsVip, the certificate and the parent, and waits until it answers. @throws Error when it does not. */
export async function createBench(options: BenchOptions): Promise<Bench> {
  const { client, workshop, config, ports, patienceMs, signal } = options;
  const vip = await makeVsVip(options);
  const address = addressOf(vip);
  const pair = await (await createAuthority('avi-gateway probe')).issue([`sni.${domain}`, `*.${domain}`]);
  await workshop.make('sslkeyandcertificate', 'certificate', {
    type: 'SSL_CERTIFICATE_TYPE_VIRTUALSERVICE',
    certificate: { certificate: pair.certificate },
    key: pair.key,
  });
  await makeParent(options);
  const ask = (asked: Asked) => send(address, asked.sni === undefined ? ports.http : ports.https, asked);
  const reached = async (asked: Asked) => {
    const { status, headers } = await ask(asked);
    const target = /^https?:\/\/([^/:]+)\.to\b/.exec(String(headers.location))?.[1];
    return target ?? String(status);
  };
  const until = (asked: Asked, wanted: string, isWanted = (found: string) => found === wanted) =>
    waitFor(() => reached(asked), wanted, isWanted, { patienceMs, signal });
  await until({ host: `nobody.${domain}` }, parentName);
  const untilReady = ({ name, policySet }: ChildDraft) =>
    policySet === undefined
      ? until({ host: readyHost(name) }, `ready-${name}`)
      : until({ host: readyHost(name) }, `an answer of ${policySet}`, (found) => found !== parentName);
  return {
    client,
    workshop,
    config,
    vip,
    address,
    ports,
    host: (label) => `${label}.${domain}`,
    ask,
    reached,
    askHttp2: (authority) => sendHttp2(address, ports.http2, authority),
    virtualService: (name, fields) =>
      workshop.make('virtualservice', name, {
        ...common(config, options.site),
        application_profile_ref: '/api/applicationprofile/?name=System-L4-Application',
        type: 'VS_TYPE_NORMAL',
        vsvip_ref: workshop.ref('vsvip', 'vip'),
        ...fields,
      }),
    eventually: async (look, wanted) => {
      let last = '';
      const note = async () => (last = await look());
      await waitFor(note, wanted, (found) => found === wanted, { patienceMs, signal }).catch(() =>
        signal.throwIfAborted(),
      );
      return last;
    },
    ...(options.server && { server: options.server }),
    async children(...drafts) {
      for (const draft of drafts) await makeChild(options, draft);
      for (const draft of drafts) await untilReady(draft);
    },
  };
}

/** A host that only this child has: by it one sees whether the child serves. */
function readyHost(name: string): string {
  return `${name}.ready.${domain}`;
}

async function makeVsVip({ workshop, config, site, address }: BenchOptions): Promise<Made> {
  const family = address?.includes(':') ? 'V6' : 'V4';
  const routed = {
    key: 'probe/probe',
    resource: {},
    tenant: config.tenant,
    listeners: [],
    routes: [],
    l4: [],
    dnsNames: [],
    ...(address !== undefined && { address: { family, value: address } }),
  } as unknown as RoutedGateway;
  const context = translateContext(routed, translateSettings(config, site), new Map());
  const { markers: _markers, vsvip_cloud_config_cksum: _checksum, name: _name, ...fields } = vsVip(context, 'vip').body;
  return workshop.make('vsvip', 'vip', fields);
}

function addressOf({ body }: Made): string {
  const [vip] = body.vip as readonly {
    readonly ip_address?: { addr: string };
    readonly ip6_address?: { addr: string };
  }[];
  const address = (vip?.ip_address ?? vip?.ip6_address)?.addr;
  if (address === undefined) throw new Error('the controller gave the VIP no address');
  return address;
}

async function makeParent({ workshop, config, site, ports }: BenchOptions): Promise<void> {
  await workshop.make('httppolicyset', 'parent-policy', {
    http_request_policy: { rules: inOrder([redirectTo(parentName)]) },
  });
  await workshop.make('virtualservice', parentName, {
    ...common(config, site),
    vh_type: 'VS_TYPE_VH_ENHANCED',
    type: 'VS_TYPE_VH_PARENT',
    vsvip_ref: workshop.ref('vsvip', 'vip'),
    services: [
      { port: ports.http, enable_ssl: false },
      { port: ports.https, enable_ssl: true },
      { port: ports.http2, enable_ssl: false, enable_http2: true },
    ],
    ssl_key_and_certificate_refs: [workshop.ref('sslkeyandcertificate', 'certificate')],
    http_policies: [{ index: 11, http_policy_set_ref: workshop.ref('httppolicyset', 'parent-policy') }],
  });
}

/** As the operator sends them. */
function common(config: Config, site: Site): JsonObject {
  const network = virtualServiceNetwork({ settings: translateSettings(config, site) } as Parameters<
    typeof virtualServiceNetwork
  >[0]);
  return {
    cloud_ref: `/api/cloud?name=${encodeURIComponent(config.cloud)}`,
    se_group_ref: `/api/serviceenginegroup?name=${encodeURIComponent(config.serviceEngineGroup)}`,
    network_profile_ref: '/api/networkprofile/?name=System-TCP-Proxy',
    application_profile_ref: '/api/applicationprofile/?name=System-HTTP',
    ...network,
  };
}

async function makeChild({ workshop, config, site, ports }: BenchOptions, draft: ChildDraft): Promise<void> {
  const { name, rules = [redirectTo(name)], fields = {} } = draft;
  const policySet = draft.policySet ?? `${name}-policy`;
  const isReady: JsonObject = {
    match: {
      path: { match_criteria: 'EQUALS', match_case: 'SENSITIVE', match_str: ['/'] },
      ...hostIs(readyHost(name)),
    },
    ...redirectTo(`ready-${name}`),
  };
  if (draft.policySet === undefined) {
    await workshop.make('httppolicyset', policySet, { http_request_policy: { rules: inOrder([isReady, ...rules]) } });
  }
  const all = [...Object.entries(draft.matches), [readyHost(name), [['EQUALS', '/']]] as const];
  await workshop.make('virtualservice', name, {
    ...common(config, site),
    type: 'VS_TYPE_VH_CHILD',
    vh_type: 'VS_TYPE_VH_ENHANCED',
    vh_parent_vs_ref: workshop.ref('virtualservice', parentName),
    vh_matches: all.map(([host, paths]) => ({ host, rules: vhRules(paths, parentPorts(ports)) })),
    http_policies: [{ index: 11, http_policy_set_ref: workshop.ref('httppolicyset', policySet) }],
    ...fields,
  });
}

function hostIs(host: string): JsonObject {
  return { host_hdr: { match_criteria: 'HDR_EQUALS', match_case: 'INSENSITIVE', value: [host] } };
}

function vhRules(paths: readonly (readonly [string, string])[], ports: readonly number[]): Json {
  return paths.map(([criteria, value], place) => ({
    name: `rule-${place}`,
    matches: {
      path: { match_criteria: criteria, match_case: 'SENSITIVE', match_str: [value] },
      vs_port: { match_criteria: 'IS_IN', ports },
    },
  }));
}

async function waitFor(
  look: () => Promise<string>,
  wanted: string,
  isWanted: (found: string) => boolean,
  { patienceMs, signal }: Pick<BenchOptions, 'patienceMs' | 'signal'>,
): Promise<void> {
  const end = Date.now() + patienceMs;
  for (;;) {
    signal.throwIfAborted();
    const found = await look().catch((error: Error) => error);
    if (typeof found === 'string' && isWanted(found)) return;
    if (Date.now() > end)
      throw new Error(`waited ${patienceMs / 1000} s for ${wanted}, the last answer was ${String(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
