import { isObject, objects, text } from '../store/document.ts';
import { refuse } from '../store/errors.ts';
import type { Controller, Handler, Reply } from './call.ts';
import { renderOptions } from './objects.ts';
import { render } from './render.ts';
import type { Sessions, UserToken } from './session.ts';

/** Endpoints about the controller itself (avi-model.md 4.1). */
export interface SystemEndpoints {
  readonly initialData: Handler;
  readonly cluster: Handler;
  readonly clusterStatus: Handler;
  readonly clusterRuntime: Handler;
  readonly systemConfiguration: Handler;
  readonly dnsDomains: Handler;
  readonly listTokens: Handler;
  readonly createToken: Handler;
  readonly deleteToken: Handler;
}

/** The `version` part of login and initial-data replies. */
export function versionInfo(version: string): Record<string, unknown> {
  return {
    Version: version,
    version,
    build: 9000,
    Tag: `${version}-9000`,
    Product: 'controller',
    ProductName: 'Avi Controller (simulated)',
    min_version: 15.2,
    Date: '2024-03-26T00:00:00+00:00',
  };
}

/** Creates the endpoints about the controller itself. */
export function systemEndpoints(controller: Controller, sessions: Sessions): SystemEndpoints {
  const single =
    (type: string): Handler =>
    (call) => {
      const object = controller.store.list(type)[0];
      if (!object) throw refuse(404, `${type} object not found!`);
      return { status: 200, body: render(controller.store, object, renderOptions(call)) };
    };
  return {
    initialData: () =>
      ok({ version: versionInfo(controller.version), user_initialized: true, controller: { api_idle_timeout: 15 } }),
    cluster: single('cluster'),
    clusterStatus: () => ok({ ...clusterState(controller), node_states: nodeStates(controller) }),
    clusterRuntime: () => ok({ node_states: nodeStates(controller), cluster_state: clusterState(controller) }),
    systemConfiguration: single('systemconfiguration'),
    dnsDomains: (call) => ok({ domains: dnsDomains(controller, call.query.get('cloud_uuid')) }),
    listTokens: () => {
      const results = sessions.tokens().map((token) => tokenBody(token, false));
      return ok({ count: results.length, results });
    },
    createToken(call) {
      const hours = isObject(call.body) ? Number(call.body['hours'] ?? 1) : 1;
      if (!(hours > 0)) throw refuse(400, 'hours: must be above 0.');
      return { status: 201, body: tokenBody(sessions.createToken(hours), true) };
    },
    deleteToken(call) {
      if (!sessions.deleteToken(call.parameters['uuid'] ?? '')) throw refuse(404, 'UserToken object not found!');
      return { status: 204 };
    },
  };
}

function ok(body: unknown): Reply {
  return { status: 200, body };
}

function clusterState({ startedAt }: Controller): Record<string, unknown> {
  return { state: 'CLUSTER_UP_NO_HA', progress: 100, up_since: timestamp(startedAt) };
}

function nodeStates({ startedAt }: Controller): readonly Record<string, unknown>[] {
  return [{ name: 'node1', role: 'CLUSTER_LEADER', state: 'CLUSTER_ACTIVE', up_since: timestamp(startedAt) }];
}

function dnsDomains({ store }: Controller, cloudUuid: string | null): readonly string[] {
  const cloud = cloudUuid === null ? store.list('cloud')[0] : store.get('cloud', cloudUuid);
  const profile = store.resolve(cloud?.body['dns_provider_ref'])?.body['internal_profile'];
  const domains = isObject(profile) ? objects(profile['dns_service_domain']) : [];
  return domains.flatMap((domain) => text(domain['domain_name']) ?? []);
}

function tokenBody(token: UserToken, withSecret: boolean): Record<string, unknown> {
  const body = { uuid: token.uuid, hours: token.hours, expires_at: timestamp(new Date(token.expires)) };
  return withSecret ? { ...body, token: token.token } : body;
}

function timestamp(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}
