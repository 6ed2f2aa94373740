import type { Action } from '../decide/decide.ts';
import type { ScriptAnswer } from '../datascript/context.ts';
import { closeConnection, writeHead, type HttpResponse } from './exchange.ts';
import type { WireHeaders } from './header-edit.ts';
import type { FailAction, LocalResponse } from '../program/program.ts';
import type { ClientRequest } from './request.ts';
import type { Redirect } from '../decide/uri.ts';

/** Sends an answer that the data plane made itself. */
export function sendLocal(res: HttpResponse, response: LocalResponse, headers: WireHeaders = []): void {
  const bodyless = response.status === 204 || response.status === 304;
  const body = bodyless ? '' : (response.body ?? '');
  const type: WireHeaders = body === '' ? [] : [['Content-Type', response.contentType ?? 'text/html']];
  const length: WireHeaders = bodyless ? [] : [['Content-Length', String(Buffer.byteLength(body))]];
  const typed = headers.some(([name]) => name.toLowerCase() === 'content-type');
  const defaults = typed ? length : [...type, ...length];
  try {
    const own = headers.filter(([name]) => name.toLowerCase() !== 'content-length');
    writeHead(res, response.status, [...own, ...defaults]);
    res.end(body);
  } catch {
    // A policy or script made a header that HTTP does not allow.
    writeHead(res, 500, [['Content-Length', '0']]);
    res.end();
  }
}

/** Sends a redirect; Location is made safe for a header line. */
export function sendRedirect(res: HttpResponse, redirect: Redirect): void {
  const location = redirect.location.replace(/[^\x21-\x7e]+/g, (part) => encodeURIComponent(part.toWellFormed()));
  sendLocal(res, { status: redirect.status }, [['Location', location]]);
}

/** Carries out a decision that needs no server. */
export function answerAction(res: HttpResponse, action: Exclude<Action, { kind: 'forward' }>): void {
  if (action.kind === 'local') sendLocal(res, action.response);
  else if (action.kind === 'redirect') sendRedirect(res, action.redirect);
  else closeConnection(res);
}

export function answerScript(res: HttpResponse, answer: ScriptAnswer): void {
  if (answer.kind === 'local') sendLocal(res, answer.response, answer.headers);
  else if (answer.kind === 'redirect') sendRedirect(res, answer.redirect);
  else closeConnection(res);
}

/** Carries out a fail action; a backup pool has been tried before. */
export function answerFailure(res: HttpResponse, action: FailAction, request: ClientRequest): void {
  if (action.kind === 'local') sendLocal(res, action.response);
  else if (action.kind === 'redirect') sendRedirect(res, action.redirect(request));
  else closeConnection(res);
}
