import { authoritiesOf } from './compile-pool.ts';
import { flag, number, object, objects, text, type Body } from './fields.ts';
import type { AnswerRules, Compression, RequestLimits } from './http-profile.ts';
import type { ClientCertificates, HttpProfile } from './program.ts';
import type { Resolve } from './resolve.ts';
import { stringKeys } from './string-group.ts';

const CLIENT_MODES: Readonly<Record<string, ClientCertificates['mode']>> = {
  SSL_CLIENT_CERTIFICATE_REQUEST: 'request',
  SSL_CLIENT_CERTIFICATE_REQUIRE: 'require',
};

function compileClientCertificates(http: Body | undefined, resolve: Resolve): ClientCertificates | undefined {
  const mode = CLIENT_MODES[text(http, 'ssl_client_certificate_mode') ?? ''];
  return mode && { mode, authorities: authoritiesOf(resolve(http?.['pki_profile_ref'])?.body ?? {}) };
}

const XFF: Readonly<Record<string, HttpProfile['xff']>> = {
  APPEND_TO_THE_XFF_HEADER: 'append',
  ADD_NEW_XFF_HEADER: 'add',
};

/** What an application profile says of HTTP; Avi's defaults where there is none. */
export function compileProfile(ref: unknown, resolve: Resolve): HttpProfile {
  const http = object(resolve(ref)?.body, 'http_profile');
  const clientCertificates = compileClientCertificates(http, resolve);
  const compression = compileCompression(object(http, 'compression_profile'), resolve);
  return {
    xff: flag(http, 'xff_enabled', true) ? (XFF[text(http, 'xff_update') ?? ''] ?? 'replace') : 'off',
    xffName: text(http, 'xff_alternate_name') ?? 'X-Forwarded-For',
    forwardedProto: flag(http, 'x_forwarded_proto_enabled', false),
    httpToHttps: flag(http, 'http_to_https', false),
    checkSni: !flag(http, 'disable_sni_hostname_check', false),
    websockets: flag(http, 'websockets_enabled', true),
    keepaliveMs: number(http, 'keepalive_timeout') ?? 30_000,
    headerTimeoutMs: number(http, 'client_header_timeout') ?? 10_000,
    keepaliveRequests: number(http, 'max_keepalive_requests') ?? 100,
    limits: compileLimits(http),
    answers: compileAnswers(http),
    ...(clientCertificates && { clientCertificates }),
    ...(compression && { compression }),
  };
}

/** Profiles of ports whose service overrides the application profile. */
export function compilePortProfiles(body: Body, resolve: Resolve): ReadonlyMap<number, HttpProfile> {
  const overriding = objects(body, 'services').filter(
    (service) => service['override_application_profile_ref'] !== undefined,
  );
  return new Map(
    overriding.map((service) => [
      number(service, 'port') ?? 0,
      compileProfile(service['override_application_profile_ref'], resolve),
    ]),
  );
}

const KILOBYTE = 1024;

function compileLimits(http: Body | undefined): RequestLimits {
  const header = number(http, 'client_max_header_size') ?? 12;
  return {
    headerBytes: header * KILOBYTE,
    // "This value can be overriden by client_max_header_size if that is larger" (swagger).
    headersBytes: Math.max(header, number(http, 'client_max_request_size') ?? 48) * KILOBYTE,
    headers: number(http, 'max_header_count') ?? 256,
    bodyBytes: (number(http, 'client_max_body_size') ?? 0) * KILOBYTE,
  };
}

const DAY_SECONDS = 86_400;

function compileAnswers(http: Body | undefined): AnswerRules {
  const maxAge = (number(http, 'hsts_max_age') ?? 365) * DAY_SECONDS;
  const subdomains = flag(http, 'hsts_subdomains_enabled', true) ? '; includeSubDomains' : '';
  return {
    httpOnlyCookies: flag(http, 'httponly_enabled', false),
    secureCookies: flag(http, 'secure_cookie_enabled', false),
    redirectsToHttps: flag(http, 'server_side_redirect_to_https', false),
    ...(flag(http, 'hsts_enabled', false) && { hsts: `max-age=${maxAge}${subdomains}` }),
  };
}

/** Where no list of types is named; Avi's own is not in the sources that we have. */
const COMPRESSIBLE = [
  'text/html',
  'text/plain',
  'text/css',
  'text/xml',
  'text/javascript',
  'application/javascript',
  'application/xml',
];

/** Custom filters are not simulated: nothing is compressed then. */
function compileCompression(profile: Body | undefined, resolve: Resolve): Compression | undefined {
  if (!flag(profile, 'compression', false) || text(profile, 'type') === 'CUSTOM_COMPRESSION') return undefined;
  const group = profile?.['compressible_content_ref'];
  const types = group === undefined ? COMPRESSIBLE : stringKeys([group], resolve);
  return {
    types: new Set(types.map((type) => type.toLowerCase())),
    level: number(profile, 'level_normal') ?? 1,
    minBytes: number(profile, 'min_length') ?? 128,
    hidesAcceptEncoding: flag(profile, 'remove_accept_encoding_header', true),
  };
}
