import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import Fastify, { type FastifyInstance, type HTTPMethods } from 'fastify';
import { ApiError } from '../store/errors.ts';
import { administrationEndpoints } from './administration.ts';
import type { Handler } from './call.ts';
import { inventoryEndpoints, inventoryTypes } from './inventory.ts';
import { loginEndpoints } from './login.ts';
import { macroEndpoints } from './macro.ts';
import { objectEndpoints } from './objects.ts';
import { serve, type Access, type Pipeline } from './pipeline.ts';
import { systemEndpoints } from './system.ts';

/** PEM certificate chain and key; absent for plain HTTP. */
export interface TlsPair {
  readonly certificate: string;
  readonly key: string;
}

/** Largest request body, bytes. */
const bodyLimit = 64 * 1024 * 1024;

/** The controller's HTTP server, not yet listening. */
export function createRestServer(pipeline: Pipeline, tls: TlsPair | undefined): FastifyInstance {
  const app = Fastify({
    bodyLimit,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 500 },
    serverFactory: (handler) =>
      tls
        ? (createHttpsServer({ cert: tls.certificate, key: tls.key }, handler) as unknown as Server)
        : createHttpServer(handler),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  const route = (
    method: HTTPMethods | HTTPMethods[],
    url: string,
    handler: Handler,
    access: Access = 'session',
  ): void => {
    app.route({
      method,
      url,
      exposeHeadRoute: false,
      handler: (request, reply) => serve(pipeline, request, reply, handler, access),
    });
  };
  addSystemRoutes(pipeline, route);
  addAdministrationRoutes(pipeline, route);
  addInventoryRoutes(pipeline, route);
  addObjectRoutes(pipeline, route);
  app.setNotFoundHandler((request, reply) => serve(pipeline, request, reply, notFound, 'open'));
  return app;
}

type Route = (method: HTTPMethods | HTTPMethods[], url: string, handler: Handler, access?: Access) => void;

function addSystemRoutes({ controller, sessions, stats, options }: Pipeline, route: Route): void {
  const { login, logout } = loginEndpoints(controller, sessions, stats, options.tls);
  const system = systemEndpoints(controller, sessions);
  route('POST', '/login', login, 'open');
  route('POST', '/logout', logout);
  route('GET', '/api/initial-data', system.initialData, 'open');
  route('GET', '/api/cluster', system.cluster);
  route('GET', '/api/cluster/status', system.clusterStatus, 'open');
  route('GET', '/api/cluster/runtime', system.clusterRuntime);
  route('GET', '/api/systemconfiguration', system.systemConfiguration);
  route('GET', '/api/ipamdnsproviderprofiledomainlist', system.dnsDomains);
  route('GET', '/api/user-token', system.listTokens);
  route('POST', '/api/user-token', system.createToken);
  route('DELETE', '/api/user-token/:uuid', system.deleteToken);
  const macro = macroEndpoints(controller);
  route('POST', '/api/macro', macro.create);
  route('DELETE', '/api/macro', macro.remove);
}

function addAdministrationRoutes({ controller, sessions, faults, stats }: Pipeline, route: Route): void {
  const administration = administrationEndpoints(controller, sessions, faults, stats);
  route('GET', '/simulator/faults', administration.listFaults, 'administration');
  route('POST', '/simulator/faults', administration.addFault, 'administration');
  route('DELETE', '/simulator/faults', administration.deleteFaults, 'administration');
  route('DELETE', '/simulator/faults/:id', administration.deleteFaults, 'administration');
  route('GET', '/simulator/stats', administration.stats, 'administration');
  route('DELETE', '/simulator/stats', administration.resetStats, 'administration');
  route('POST', '/simulator/reset', administration.reset, 'administration');
  route('DELETE', '/simulator/sessions', administration.expireSessions, 'administration');
}

function addInventoryRoutes({ controller }: Pipeline, route: Route): void {
  const inventory = inventoryEndpoints(controller);
  for (const type of inventoryTypes) {
    const typed =
      (handler: Handler): Handler =>
      (call) =>
        handler({ ...call, parameters: { ...call.parameters, type } });
    route('GET', `/api/${type}-inventory`, typed(inventory.list));
    route('GET', `/api/${type}-inventory/:uuid`, typed(inventory.read));
    route('GET', `/api/${type}/:uuid/runtime`, typed(inventory.runtime));
    route('GET', `/api/${type}/:uuid/runtime/*`, typed(inventory.runtime));
  }
  route('GET', '/api/serviceengine-inventory', inventory.serviceEngines);
}

function addObjectRoutes({ controller }: Pipeline, route: Route): void {
  const objects = objectEndpoints(controller);
  route(['GET', 'HEAD'], '/api/:type', objects.list);
  route('POST', '/api/:type', objects.create);
  route(['PUT', 'PATCH', 'DELETE'], '/api/:type', notAllowed);
  route('OPTIONS', '/api/:type', allow('HEAD, POST, GET, OPTIONS'));
  route(['GET', 'HEAD'], '/api/:type/:uuid', objects.read);
  route('PUT', '/api/:type/:uuid', objects.replace);
  route('PATCH', '/api/:type/:uuid', objects.patch);
  route('DELETE', '/api/:type/:uuid', objects.remove);
  route('POST', '/api/:type/:uuid', notAllowed);
  route('OPTIONS', '/api/:type/:uuid', allow('HEAD, GET, PUT, PATCH, OPTIONS, DELETE'));
}

function notAllowed({ method }: { readonly method: string }): never {
  throw new ApiError(405, { detail: `Method '${method}' not allowed.` });
}

function allow(methods: string): Handler {
  return () => ({ status: 200, headers: { Allow: methods } });
}

function notFound(): never {
  throw new ApiError(404, { detail: 'Not found.' });
}
