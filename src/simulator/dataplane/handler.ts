import type { IncomingMessage, ServerResponse as HttpResponse } from 'node:http';
import { answerAction, answerFailure, answerScript, closeConnection, sendLocal, sendRedirect } from './answer.ts';
import { choosePool } from './choose-pool.ts';
import type { ScriptContext } from './datascript/context.ts';
import type { ScriptEngine } from './datascript/engine.ts';
import { decide, evaluateResponse, type Decision, type Environment } from './decide.ts';
import {
  discard,
  forward,
  type Failure,
  type ForwardDependencies,
  type ForwardResult,
  type Incoming,
  type Outgoing,
} from './forward.ts';
import { editHeaders, type WireHeaders } from './header-edit.ts';
import { readRequest, wireHeaders, withoutHopByHop, type Entrance } from './incoming.ts';
import type { HttpProfile, Target } from './program.ts';
import { withoutPort, type ClientRequest, type HeaderLines } from './request.ts';
import type { Program } from './virtual-host.ts';
import { errorMessage } from './errors.ts';

export interface HandlerDependencies extends ForwardDependencies {
  readonly environment: Environment;
  readonly scripts: ScriptEngine;
  readonly log: (message: string) => void;
}

/** Status for a client whose request got no answer from a server. */
const FAILURE_STATUS: Readonly<Record<Failure, number>> = {
  noServer: 503,
  connect: 503,
  timeout: 504,
  broken: 502,
  clientGone: 499,
};
const SNI_MISMATCH_STATUS = 400;

/** Serves one request for the program that its listener belongs to. Order of phases: avi-model 2.4. Never rejects. */
export async function handleRequest(
  program: Program,
  entrance: Entrance,
  req: IncomingMessage,
  res: HttpResponse,
  dependencies: HandlerDependencies,
): Promise<void> {
  try {
    await serve(program, entrance, req, res, dependencies);
  } catch (error) {
    dependencies.log(`request ${req.method} on ${program.parent.name}: ${errorMessage(error)}`);
    if (res.headersSent) closeConnection(res);
    else sendLocal(res, { status: 500 });
  }
}

function profileOf(program: Program, port: number): HttpProfile {
  return program.parent.portHttp.get(port) ?? program.parent.http;
}

async function serve(
  program: Program,
  entrance: Entrance,
  req: IncomingMessage,
  res: HttpResponse,
  dependencies: HandlerDependencies,
): Promise<void> {
  const client = readRequest(req, entrance);
  const listenerProfile = profileOf(program, entrance.port);
  if (listenerProfile.checkSni && client.sni !== undefined && client.sni !== withoutPort(client.host).toLowerCase()) {
    sendLocal(res, { status: SNI_MISMATCH_STATUS });
    return;
  }
  const decision = decide(program, client, dependencies.random, dependencies.environment);
  const { virtualService, action } = decision;
  const profile = virtualService === program.parent ? listenerProfile : virtualService.http;
  if (profile.httpToHttps && client.scheme === 'http') {
    sendRedirect(res, {
      status: 302,
      location: `https://${withoutPort(client.host)}${client.path}${client.query && `?${client.query}`}`,
    });
    return;
  }
  const context = scriptContext(decision, client, req);
  // A script may select a target where neither a rule nor the virtual service has one.
  const answered = action.kind !== 'forward' && (action.kind !== 'none' || virtualService.scripts.length === 0);
  if (answered) {
    answerAction(res, action);
    return;
  }
  await dependencies.scripts.run('HTTP_REQ', context);
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
  const outgoing = outgoingOf(decision, context, req, res, profile, selected?.server);
  await forwardTo(target, decision, context, outgoing, res, dependencies);
}

function scriptContext(decision: Decision, client: ClientRequest, req: IncomingMessage): ScriptContext {
  return {
    virtualService: decision.virtualService,
    client,
    request: {
      headers: editHeaders(wireHeaders(req.rawHeaders), decision.headers),
      path: decision.rewrite.path ?? client.path,
      query: decision.rewrite.query ?? client.query,
    },
    variables: new Map(),
  };
}

function outgoingOf(
  decision: Decision,
  context: ScriptContext,
  req: IncomingMessage,
  res: HttpResponse,
  profile: HttpProfile,
  server: Outgoing['server'],
): Outgoing {
  const gone = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) gone.abort();
  });
  const { client, request } = context;
  const host = decision.rewrite.host ?? hostOf(request.headers, client.host);
  return {
    client,
    req,
    host,
    headers: forwardedHeaders(request.headers, client, profile),
    path: request.query === '' ? request.path : `${request.path}?${request.query}`,
    clientGone: gone.signal,
    ...(server && { server }),
  };
}

/** A rule or script may have replaced Host as a header. */
function hostOf(headers: WireHeaders, sent: string): string {
  return headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? sent;
}

function forwardedHeaders(headers: WireHeaders, client: ClientRequest, profile: HttpProfile): WireHeaders {
  const address = client.clientIp ?? '';
  const proto: WireHeaders = profile.forwardedProto
    ? editHeaders(headers, [{ action: 'replace', header: 'X-Forwarded-Proto', value: client.scheme }])
    : headers;
  if (profile.xff === 'off') return proto;
  const earlier = proto
    .filter(([name]) => name.toLowerCase() === profile.xffName.toLowerCase())
    .map(([, value]) => value);
  const value = profile.xff === 'append' ? [...earlier, address].join(', ') : address;
  return editHeaders(proto, [{ action: profile.xff === 'add' ? 'add' : 'replace', header: profile.xffName, value }]);
}

async function forwardTo(
  target: Target,
  decision: Decision,
  context: ScriptContext,
  outgoing: Outgoing,
  res: HttpResponse,
  dependencies: HandlerDependencies,
): Promise<void> {
  const choice = choosePool(decision.virtualService, target, dependencies.pools.isUp, dependencies.random);
  if (choice.kind === 'fail') {
    await dependencies.scripts.run('HTTP_LB_FAILED', context);
    if (context.answer) answerScript(res, context.answer);
    else answerFailure(res, choice.action, outgoing.client);
    return;
  }
  const result = await forward(outgoing, choice.pool, dependencies);
  await answerResult(result, decision, context, res, dependencies);
}

async function answerResult(
  result: ForwardResult,
  decision: Decision,
  context: ScriptContext,
  res: HttpResponse,
  dependencies: HandlerDependencies,
): Promise<void> {
  if (result.kind === 'response') {
    await relay(result.response, decision, context, res, dependencies);
    return;
  }
  if (result.why === 'clientGone') closeConnection(res);
  else sendLocal(res, { status: FAILURE_STATUS[result.why] });
}

function headerLinesOf(headers: WireHeaders): HeaderLines {
  const lines: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of headers) (lines[name.toLowerCase()] ??= []).push(value);
  return lines;
}

/** Response events, then the response policy, then the body, streamed. */
async function relay(
  response: Incoming,
  decision: Decision,
  context: ScriptContext,
  res: HttpResponse,
  dependencies: HandlerDependencies,
): Promise<void> {
  const message = { status: response.status, headers: withoutHopByHop(response.headers) };
  context.response = message;
  await dependencies.scripts.run('HTTP_RESP', context);
  if (context.answer) {
    await discard(response);
    answerScript(res, context.answer);
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
  try {
    res.writeHead(response.status, editHeaders(message.headers, edits).flat());
  } catch (error) {
    await discard(response);
    throw error;
  }
  await stream(response, res);
}

function stream(response: Incoming, res: HttpResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { body } = response;
  const finish = (): void => {
    response.done();
    resolve();
  };
  body.on('error', () => {
    closeConnection(res);
    finish();
  });
  res.on('close', () => {
    body.destroy();
    finish();
  });
  body.pipe(res);
  return promise;
}
