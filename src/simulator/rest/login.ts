import { isObject, text } from '../store/document.ts';
import { ApiError, refuse } from '../store/errors.ts';
import { referenceTo } from '../store/references.ts';
import type { Controller, Handler } from './call.ts';
import { loginCookieHeaders, type Sessions } from './session.ts';
import type { StatsRecorder } from './stats.ts';
import { versionInfo } from './system.ts';

/** `/login` (JSON or form) and `/logout` (avi-model.md 4.1). */
export function loginEndpoints(
  controller: Controller,
  sessions: Sessions,
  stats: StatsRecorder,
  secure: boolean,
): { readonly login: Handler; readonly logout: Handler } {
  return {
    login({ body, origin }) {
      const fields = isObject(body) ? body : {};
      const username = text(fields['username']) ?? '';
      const token = text(fields['token']);
      const session = sessions.login({
        username,
        password: text(fields['password']) ?? '',
        ...(token === undefined ? {} : { token }),
      });
      if (!session) throw refuse(401, 'Invalid credentials');
      stats.session();
      return {
        status: 200,
        body: loginBody(controller, username, origin),
        headers: { 'Set-Cookie': loginCookieHeaders(session, secure) },
      };
    },
    logout({ session }) {
      if (!session) throw new ApiError(401, { error: 'No session.' });
      sessions.logout(session);
      const expired = ['csrftoken', 'avi-sessionid', 'sessionid'].map((name) => `${name}=; Path=/; Max-Age=0`);
      return { status: 200, body: {}, headers: { 'Set-Cookie': expired } };
    },
  };
}

function loginBody({ store, version }: Controller, username: string, origin: string): Record<string, unknown> {
  const tenants = store.list('tenant').map((tenant) => ({
    url: `${origin}${referenceTo(tenant)}`,
    uuid: tenant.uuid,
    name: tenant.name,
    local: tenant.body['local'],
  }));
  return {
    user_initialized: true,
    user: {
      name: username,
      username,
      is_superuser: true,
      local: true,
      url: `${origin}/api/user/user-1`,
      uuid: 'user-1',
    },
    version: versionInfo(version),
    tenants,
    controller: { api_idle_timeout: 15 },
    session_cookie_name: 'avi-sessionid',
    system_config: { default_license_tier: 'ENTERPRISE', docker_mode: false },
  };
}
