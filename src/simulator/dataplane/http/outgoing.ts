import type { Decision } from '../decide/decide.ts';
import type { ScriptContext } from '../datascript/context.ts';
import type { Exchange } from './exchange.ts';
import type { Outgoing } from './server-messages.ts';
import { editHeaders, type WireHeaders } from './header-edit.ts';
import type { HttpProfile } from '../program/program.ts';
import type { RequestBody } from './request-body.ts';
import { headerLines, type ClientRequest } from './request.ts';

/** What goes to the server: the request with the edits of policies and scripts, and the profile's own headers. */
export function outgoingOf(
  decision: Decision,
  context: ScriptContext,
  exchange: Exchange,
  profile: HttpProfile,
  body: RequestBody | undefined,
): Outgoing {
  const { client, request } = context;
  const server = decision.switched ? undefined : context.selected?.server;
  const upgrade = exchange.upgrade && profile.websockets ? headerLines(client.headers, 'upgrade')[0] : undefined;
  return {
    client,
    method: client.method,
    host: decision.rewrite.host ?? hostOf(request.headers, client.host),
    headers: forwardedHeaders(request.headers, client, profile),
    path: request.query === '' ? request.path : `${request.path}?${request.query}`,
    clientGone: goneSignal(exchange),
    ...(body && { body }),
    ...(upgrade !== undefined && { upgrade }),
    ...(server && { server }),
  };
}

function goneSignal({ res }: Exchange): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => {
    if (!res.writableEnded) gone.abort();
  });
  return gone.signal;
}

/** A rule or script may have replaced Host as a header. */
function hostOf(headers: WireHeaders, sent: string): string {
  return headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? sent;
}

function forwardedHeaders(headers: WireHeaders, client: ClientRequest, profile: HttpProfile): WireHeaders {
  const address = client.clientIp ?? '';
  const told = profile.compression?.hidesAcceptEncoding
    ? editHeaders(headers, [{ action: 'remove', header: 'Accept-Encoding', value: '' }])
    : headers;
  const proto: WireHeaders = profile.forwardedProto
    ? editHeaders(told, [{ action: 'replace', header: 'X-Forwarded-Proto', value: client.scheme }])
    : told;
  if (profile.xff === 'off') return proto;
  const earlier = proto
    .filter(([name]) => name.toLowerCase() === profile.xffName.toLowerCase())
    .map(([, value]) => value);
  const value = profile.xff === 'append' ? [...earlier, address].join(', ') : address;
  return editHeaders(proto, [{ action: profile.xff === 'add' ? 'add' : 'replace', header: profile.xffName, value }]);
}
