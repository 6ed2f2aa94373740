import { answerAction, answerFailure, answerScript, sendLocal, sendRedirect } from './answer.ts';
import { applyAnswerRules } from './answer-rules.ts';
import { choosePool } from '../pools/choose-pool.ts';
import { compress } from './compress.ts';
import type { ScriptContext } from '../datascript/context.ts';
import type { ScriptEngine } from '../datascript/engine.ts';
import { decide, evaluateResponse, type Decision, type Environment } from '../decide/decide.ts';
import { errorMessage } from './errors.ts';
import {
  closeConnection,
  hasBody,
  requestHeaders,
  type Exchange,
  type HttpRequest,
  type HttpResponse,
} from './exchange.ts';
import { discard, forward, type Failure, type ForwardDependencies } from './forward.ts';
import { editHeaders } from './header-edit.ts';
import { headerLinesOf, readRequest, withoutHopByHop, type Entrance } from './incoming.ts';
import { announcesLargeBody, hasLargeHead, isLargeBody } from './limits.ts';
import { sendOutOfBand } from '../pools/out-of-band.ts';
import { outgoingOf } from './outgoing.ts';
import type { HttpProfile, VirtualServiceProgram } from '../program/program.ts';
import type { Target } from '../decide/target.ts';
import { relayAnswer } from './relay.ts';
import { streamBody, type RequestBody } from './request-body.ts';
import { withoutPort, type ClientRequest } from './request.ts';
import type { Incoming } from './server-messages.ts';
import type { Program } from '../decide/virtual-host.ts';

export interface HandlerDependencies extends ForwardDependencies {
  readonly environment: Environment;
  readonly scripts: ScriptEngine;
  readonly log: (message: string) => void;
}

/** Status for a client whose request got no answer from a server. */
const FAILURE_STATUS: Readonly<Record<Exclude<Failure, 'largeBody'>, number>> = {
  noServer: 503,
  connect: 503,
  timeout: 504,
  broken: 502,
  clientGone: 499,
};
const SNI_MISMATCH_STATUS = 400;
const LARGE_HEAD_STATUS = 400;
const LARGE_BODY_STATUS = 413;

/** Serves one request for the program that its listener belongs to. Order of phases: avi-model 2.4. Never rejects. */
export async function handleRequest(
  program: Program,
  entrance: Entrance,
  exchange: Exchange,
  dependencies: HandlerDependencies,
): Promise<void> {
  const { req, res } = exchange;
  try {
    await serve(program, entrance, exchange, dependencies);
  } catch (error) {
    if (isLargeBody(error) && !res.headersSent) {
      refuse(exchange, LARGE_BODY_STATUS, program.parent);
      return;
    }
    dependencies.log(`request ${req.method} on ${program.parent.name}: ${errorMessage(error)}`);
    if (res.headersSent) closeConnection(res);
    else sendLocal(res, { status: 500 });
  }
}

/** Refuses a request whose body is not going to be read. */
function refuse({ req, res }: Exchange, status: number, virtualService: VirtualServiceProgram): void {
  if (!('stream' in res)) res.shouldKeepAlive = false;
  sendFailure(res, status, virtualService);
  req.resume();
}

/** An error that is neither a server's nor asked for by a policy, pool or script: error pages are for these. */
function sendFailure(res: HttpResponse, status: number, { errorPages }: VirtualServiceProgram): void {
  const page = errorPages.find(({ matches }) => matches(status));
  if (page) sendRedirect(res, { status: 302, location: page.location });
  else sendLocal(res, { status });
}

function profileOf(program: Program, port: number): HttpProfile {
  return program.parent.portHttp.get(port) ?? program.parent.http;
}

async function serve(
  program: Program,
  entrance: Entrance,
  exchange: Exchange,
  dependencies: HandlerDependencies,
): Promise<void> {
  const { req, res } = exchange;
  const client = readRequest(req, entrance);
  const listenerProfile = profileOf(program, entrance.port);
  if (listenerProfile.checkSni && client.sni !== undefined && client.sni !== withoutPort(client.host).toLowerCase()) {
    sendLocal(res, { status: SNI_MISMATCH_STATUS });
    return;
  }
  const isLarge = ({ limits }: HttpProfile): boolean => hasLargeHead(client, requestHeaders(req), limits);
  if (isLarge(listenerProfile)) {
    refuse(exchange, LARGE_HEAD_STATUS, program.parent);
    return;
  }
  const decision = decide(program, client, dependencies.random, dependencies.environment);
  const { virtualService, action } = decision;
  const profile = virtualService === program.parent ? listenerProfile : virtualService.http;
  if (profile !== listenerProfile && isLarge(profile)) {
    refuse(exchange, LARGE_HEAD_STATUS, virtualService);
    return;
  }
  if (profile.httpToHttps && client.scheme === 'http') {
    sendRedirect(res, {
      status: 302,
      location: `https://${withoutPort(client.host)}${client.path}${client.query && `?${client.query}`}`,
    });
    return;
  }
  // A script may select a target where neither a rule nor the virtual service has one.
  const answered = action.kind !== 'forward' && (action.kind !== 'none' || virtualService.scripts.length === 0);
  if (answered) {
    answerAction(res, action);
    return;
  }
  await serveFromPools(decision, client, exchange, profile, dependencies);
}

/** Serves a request that goes to servers, unless a script answers it. */
async function serveFromPools(
  decision: Decision,
  client: ClientRequest,
  exchange: Exchange,
  profile: HttpProfile,
  dependencies: HandlerDependencies,
): Promise<void> {
  const { req, res } = exchange;
  const { action } = decision;
  if (announcesLargeBody(client, profile.limits)) {
    refuse(exchange, LARGE_BODY_STATUS, decision.virtualService);
    return;
  }
  const context = scriptContext(decision, client, req, dependencies);
  const body = hasBody(req) ? streamBody(req, profile.limits.bodyBytes) : undefined;
  await runRequestScripts(context, body, dependencies);
  if (context.answer) {
    answerScript(res, context.answer);
    return;
  }
  const selected = decision.switched ? undefined : context.selected;
  const target = selected?.target ?? (action.kind === 'forward' ? action.target : undefined);
  if (!target) {
    closeConnection(res);
    return;
  }
  await forwardTo(target, { decision, context, exchange, profile, body }, dependencies);
}

function scriptContext(
  decision: Decision,
  client: ClientRequest,
  req: HttpRequest,
  dependencies: HandlerDependencies,
): ScriptContext {
  return {
    virtualService: decision.virtualService,
    client,
    request: {
      headers: editHeaders(requestHeaders(req), decision.headers),
      path: decision.rewrite.path ?? client.path,
      query: decision.rewrite.query ?? client.query,
    },
    variables: new Map(),
    send: (request) => sendOutOfBand(request, client, dependencies),
  };
}

/** HTTP_REQ, then HTTP_REQ_DATA when a script asked for the body and there is one. */
async function runRequestScripts(
  context: ScriptContext,
  body: RequestBody | undefined,
  { scripts }: HandlerDependencies,
): Promise<void> {
  await scripts.run('HTTP_REQ', context);
  if (context.answer || !body || !context.bodyLimit) return;
  context.body = await body.peek(context.bodyLimit);
  await scripts.run('HTTP_REQ_DATA', context);
}

/** A request that has been decided. */
interface Decided {
  readonly decision: Decision;
  readonly context: ScriptContext;
  readonly exchange: Exchange;
  readonly profile: HttpProfile;
  readonly body: RequestBody | undefined;
}

async function forwardTo(target: Target, decided: Decided, dependencies: HandlerDependencies): Promise<void> {
  const { context, decision, exchange } = decided;
  const { res } = exchange;
  const choice = choosePool(context.virtualService, target, dependencies.pools.isUp, dependencies.random);
  if (choice.kind === 'fail') {
    await dependencies.scripts.run('HTTP_LB_FAILED', context);
    if (context.answer) answerScript(res, context.answer);
    else answerFailure(res, choice.action, context.client);
    return;
  }
  context.pool = choice.pool.name;
  await dependencies.scripts.run('HTTP_LB_DONE', context);
  if (context.answer) {
    answerScript(res, context.answer);
    return;
  }
  const outgoing = outgoingOf(decision, context, exchange, decided.profile, decided.body);
  const result = await forward(outgoing, choice.pool, dependencies);
  if (result.kind === 'response') await relay(result.response, decided, dependencies);
  else if (result.why === 'clientGone') closeConnection(res);
  else if (result.why === 'largeBody') refuse(exchange, LARGE_BODY_STATUS, context.virtualService);
  else sendFailure(res, FAILURE_STATUS[result.why], context.virtualService);
}

/** Response events, then the response policy, then the body. */
async function relay(
  response: Incoming,
  { decision, context, exchange, profile }: Decided,
  dependencies: HandlerDependencies,
): Promise<void> {
  const message = { status: response.status, headers: withoutHopByHop(response.headers) };
  context.response = message;
  await dependencies.scripts.run('HTTP_RESP', context);
  if (context.answer) {
    response.upgrade?.socket.destroy();
    await discard(response);
    answerScript(exchange.res, context.answer);
    return;
  }
  const { virtualService } = decision;
  const edits =
    virtualService.responses.length === 0
      ? []
      : evaluateResponse(virtualService, context.client, {
          status: message.status,
          headers: headerLinesOf(message.headers),
        }).headers;
  const { client } = context;
  const headers = applyAnswerRules(editHeaders(message.headers, edits), profile.answers, client);
  const compressed = response.upgrade ? undefined : compress(message.status, headers, client, profile.compression);
  await relayAnswer(response, compressed?.headers ?? headers, exchange, compressed?.encoder);
}
