import type { ScriptReply, ScriptRequest } from '../datascript/context.ts';
import { forward, type ForwardDependencies } from '../http/forward.ts';
import { withoutHopByHop } from '../http/incoming.ts';
import { bufferBody } from '../http/request-body.ts';
import type { ClientRequest } from '../http/request.ts';
import type { Incoming } from '../http/server-messages.ts';

/** A script's request is given up after this time. */
const LIMIT_MS = 10_000;
const MAX_BODY = 32_768;

/** Sends a script's own request to a pool; undefined when there was no answer. The answer's body is cut at 32 KB. */
export async function sendOutOfBand(
  request: ScriptRequest,
  client: ClientRequest,
  dependencies: ForwardDependencies,
): Promise<ScriptReply | undefined> {
  const { body, headers, method, pool, server, uri } = request;
  const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? client.host;
  const result = await forward(
    {
      client,
      method,
      host,
      path: uri,
      headers: body ? [...headers, ['Content-Length', String(body.length)]] : headers,
      clientGone: AbortSignal.timeout(LIMIT_MS),
      ...(body && { body: bufferBody(body) }),
      ...(server && { server }),
    },
    pool,
    dependencies,
  );
  if (result.kind === 'failed') return undefined;
  const { response } = result;
  return { status: response.status, headers: withoutHopByHop(response.headers), body: await readBody(response) };
}

async function readBody(response: Incoming): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= MAX_BODY) break;
    }
  } catch {
    // The server broke off: what came is the answer.
  }
  response.done();
  return Buffer.concat(chunks).subarray(0, MAX_BODY).toString();
}
