/** What an SSORule says of the virtual services of a host (AKO: ako-facts.md section 6.7). */
import type { SSORule } from '../../../generated/extensions.ts';
import { aviNameProblems, type ExtensionSources } from '../extensions/extension-refs.ts';
import type { AviFields, AviName } from '../extensions/avi-settings.ts';
import { list, record, text } from '../../values/read.ts';
import { shapedSpec } from '../extensions/shaped-spec.ts';
import { malformedRule, type FqdnRead } from './fqdn-read.ts';

type OauthConfig = NonNullable<SSORule['spec']['oauthVsConfig']>;
type OauthSettings = NonNullable<OauthConfig['oauthSettings']>[number];
type SamlConfig = NonNullable<SSORule['spec']['samlSpConfig']>;

/** Values of Secrets, and what was wrong with others. */
interface Credentials {
  /** The value under a name in the data of a Secret; undefined where there is none, which is noted. */
  readonly read: (secret: string, name: string, path: string) => string | undefined;
  readonly problems: readonly string[];
  /** Changes with the Secrets. */
  readonly versions: readonly string[];
}

/** @param namespace the SSORule's own, where its Secrets are looked up */
export function readSsoRule(resource: SSORule, namespace: string, sources: ExtensionSources): FqdnRead {
  const spec = shapedSpec('SSORule', resource);
  if (!spec) return malformedRule;
  const credentials = createCredentials(namespace, sources);
  const oauth = spec.oauthVsConfig && oauthFields(spec.oauthVsConfig, credentials);
  const saml = spec.samlSpConfig && samlFields(spec.samlSpConfig);
  const named = namedBy(spec);
  const [first] = credentials.versions;
  return {
    service: {
      sso: {
        policy: spec.ssoPolicyRef,
        ...(oauth && { oauth }),
        ...(saml && { saml }),
        ...(first !== undefined && { credentialsVersion: credentials.versions.join('-') }),
      },
    },
    named,
    failures: [
      ...aviNameProblems(named, sources.missing).map((problem) => `spec: ${problem}`),
      ...credentials.problems,
    ],
    refused: [],
    ignored: [],
  };
}

function namedBy({ ssoPolicyRef, oauthVsConfig, samlSpConfig }: SSORule['spec']): readonly AviName[] {
  const signing = samlSpConfig?.signingSslKeyAndCertificateRef;
  return [
    { type: 'ssopolicy', name: ssoPolicyRef },
    ...list(oauthVsConfig?.oauthSettings).map(({ authProfileRef }): AviName => ({
      type: 'authprofile',
      name: authProfileRef,
    })),
    ...(signing === undefined ? [] : [{ type: 'sslkeyandcertificate', name: signing } as const]),
  ];
}

function createCredentials(namespace: string, { snapshot }: ExtensionSources): Credentials {
  const problems: string[] = [];
  const versions: string[] = [];
  return {
    problems,
    versions,
    read: (secretName, name, path) => {
      const key = `${namespace}/${secretName}`;
      const secret = snapshot.secrets.get(key);
      const encoded = text(record(secret?.data)[name]);
      if (!encoded) {
        problems.push(`${path}: Secret ${key} ${secret ? `has no data ${name}` : 'does not exist'}`);
        return undefined;
      }
      versions.push(secret?.metadata.resourceVersion ?? '');
      return Buffer.from(encoded, 'base64').toString('utf8');
    },
  };
}

function oauthFields(config: OauthConfig, credentials: Credentials): AviFields {
  return defined({
    cookie_name: config.cookieName,
    cookie_timeout: config.cookieTimeout,
    logout_uri: config.logoutURI,
    redirect_uri: config.redirectURI,
    post_logout_redirect_uri: config.postLogoutRedirectURI,
    oauth_settings: list(config.oauthSettings).map((settings, index) =>
      oauthSettings(settings, `spec.oauthVsConfig.oauthSettings[${index}]`, credentials),
    ),
  });
}

function oauthSettings(
  { authProfileRef, appSettings: app, resourceServer: server }: OauthSettings,
  path: string,
  credentials: Credentials,
): AviFields {
  return defined({
    auth_profile_ref: refTo('authprofile', authProfileRef),
    app_settings:
      app &&
      defined({
        client_id: app.clientID,
        client_secret: credentials.read(app.clientSecret, 'clientSecret', `${path}.appSettings.clientSecret`),
        scopes: list(app.scopes).length > 0 ? list(app.scopes) : undefined,
        oidc_config:
          app.oidcConfig &&
          defined({
            oidc_enable: app.oidcConfig.oidcEnable,
            profile: app.oidcConfig.profile,
            userinfo: app.oidcConfig.userinfo,
          }),
      }),
    resource_server: server && resourceServer(server, `${path}.resourceServer`, credentials),
  });
}

function resourceServer(
  {
    accessType,
    introspectionDataTimeout,
    jwtParams,
    opaqueTokenParams: opaque,
  }: NonNullable<OauthSettings['resourceServer']>,
  path: string,
  credentials: Credentials,
): AviFields {
  const isOpaque = accessType === 'ACCESS_TOKEN_TYPE_OPAQUE';
  return defined({
    access_type: accessType,
    // "It will be set only if the access token type is opaque."
    introspection_data_timeout: isOpaque ? introspectionDataTimeout : undefined,
    jwt_params: jwtParams && { audience: jwtParams.audience },
    opaque_token_params:
      opaque &&
      defined({
        server_id: opaque.serverID,
        server_secret: credentials.read(opaque.serverSecret, 'serverSecret', `${path}.opaqueTokenParams.serverSecret`),
      }),
  });
}

function samlFields(config: SamlConfig): AviFields {
  const signing = config.signingSslKeyAndCertificateRef;
  return defined({
    acs_index: config.authnReqAcsType === 'SAML_AUTHN_REQ_ACS_TYPE_INDEX' ? config.acsIndex : undefined,
    authn_req_acs_type: config.authnReqAcsType,
    cookie_name: config.cookieName,
    cookie_timeout: config.cookieTimeout,
    entity_id: config.entityID,
    single_signon_url: config.singleSignonURL,
    signing_ssl_key_and_certificate_ref: signing === undefined ? undefined : refTo('sslkeyandcertificate', signing),
    use_idp_session_timeout: config.useIdpSessionTimeout,
  });
}

function refTo(type: 'authprofile' | 'sslkeyandcertificate', name: string): string {
  return `/api/${type}/?name=${encodeURIComponent(name)}`;
}

type Value = AviFields[string];

function defined(fields: Readonly<Record<string, Value | undefined>>): AviFields {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, Value] => entry[1] !== undefined));
}
