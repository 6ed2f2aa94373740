import type { Transform } from 'node:stream';
import type { WireHeaders } from './header-edit.ts';
import { addTrailers, closeConnection, writeHead, type Exchange, type HttpResponse } from './exchange.ts';
import type { Incoming } from './server-messages.ts';
import { joinSockets } from './upgrade.ts';

/** Sends a server's answer to the client, with the header lines given; the body is streamed, through `encoder` where there is one. */
export async function relayAnswer(
  response: Incoming,
  headers: WireHeaders,
  exchange: Exchange,
  encoder?: Transform,
): Promise<void> {
  const { res, upgrade } = exchange;
  if (response.upgrade && upgrade) {
    await joinSockets(response, response.upgrade, headers, res, upgrade);
    return;
  }
  try {
    writeHead(res, response.status, headers);
  } catch (error) {
    response.done();
    await response.discard();
    throw error;
  }
  await stream(response, res, encoder);
}

function stream(response: Incoming, res: HttpResponse, encoder: Transform | undefined): Promise<void> {
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
    encoder?.destroy();
    finish();
  });
  const sent = encoder ? body.pipe(encoder) : body;
  sent.on('end', () => {
    addTrailers(res, response.trailers());
    res.end();
  });
  sent.pipe(res, { end: false });
  return promise;
}
