/** Requests that are larger than an application profile allows. */
import type { RequestLimits } from '../program/http-profile.ts';
import { errorCode } from './errors.ts';
import type { WireHeaders } from './header-edit.ts';
import { headerLines, type ClientRequest } from './request.ts';

/** Says whether the head of a request is over a limit. A line counts its name, its value, a colon, a space and its end. */
export function hasLargeHead(client: ClientRequest, headers: WireHeaders, limits: RequestLimits): boolean {
  if (limits.headers > 0 && headers.length > limits.headers) return true;
  let total = client.method.length + client.path.length + client.query.length;
  for (const [name, value] of headers) {
    const size = name.length + value.length + 4;
    total += size;
    if (size > limits.headerBytes) return true;
  }
  return total > limits.headersBytes;
}

/** Says whether a request announces a body that is over the limit. */
export function announcesLargeBody({ headers }: ClientRequest, { bodyBytes }: RequestLimits): boolean {
  return bodyBytes > 0 && Number(headerLines(headers, 'content-length')[0] ?? 0) > bodyBytes;
}

const LARGE_BODY = 'ERR_LARGE_BODY';

/** Hands a body on up to the limit, 0 for none; throws where it goes on, for `isLargeBody`. */
export async function* limited(source: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (limit > 0 && size > limit) throw Object.assign(new Error('the body is too large'), { code: LARGE_BODY });
    yield chunk;
  }
}

/** Whether an error is that of a body over its limit. */
export function isLargeBody(error: unknown): boolean {
  return errorCode(error) === LARGE_BODY;
}
