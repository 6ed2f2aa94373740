/** Compression of answers (`compression_profile`, automatic mode). */
import { constants, createGzip, type Gzip } from 'node:zlib';
import type { Compression } from '../program/http-profile.ts';
import { editHeaders, type WireHeaders } from './header-edit.ts';
import { headerLinesOf } from './incoming.ts';
import { headerLines, type ClientRequest, type HeaderLines } from './request.ts';

/** An answer that is compressed on its way. */
export interface Compressed {
  readonly headers: WireHeaders;
  readonly encoder: Gzip;
}

/** Compresses a server's answer where profile, client and answer agree; undefined: it goes on as it is. */
export function compress(
  status: number,
  headers: WireHeaders,
  client: ClientRequest,
  compression: Compression | undefined,
): Compressed | undefined {
  if (!compression || status !== 200 || client.method === 'HEAD' || !acceptsGzip(client)) return undefined;
  if (!isCompressible(headerLinesOf(headers), compression)) return undefined;
  const edited = editHeaders(headers, [
    { action: 'remove', header: 'Content-Length', value: '' },
    { action: 'replace', header: 'Content-Encoding', value: 'gzip' },
    { action: 'add', header: 'Vary', value: 'Accept-Encoding' },
  ]);
  const encoder = createGzip({ level: compression.level, flush: constants.Z_SYNC_FLUSH });
  return { headers: edited.map(([name, value]) => [name, isStrongTag(name, value) ? `W/${value}` : value]), encoder };
}

/** A body of other bytes is only weakly the same (RFC 9110 section 8.8.1). */
function isStrongTag(name: string, value: string): boolean {
  return name.toLowerCase() === 'etag' && !value.startsWith('W/');
}

/** HTTP/1.0 cannot be sent a body whose length is not known. */
function acceptsGzip({ headers, version }: ClientRequest): boolean {
  if (version === '1.0' || version === '0.9') return false;
  const weights = new Map(
    headerLines(headers, 'accept-encoding')
      .flatMap((line) => line.toLowerCase().split(','))
      .map((entry) => {
        const [coding = '', ...parameters] = entry.split(';').map((part) => part.trim());
        const weight = parameters.find((parameter) => parameter.startsWith('q='));
        return [coding, weight === undefined ? 1 : Number(weight.slice(2))] as const;
      }),
  );
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0;
}

function isCompressible(headers: HeaderLines, { types, minBytes }: Compression): boolean {
  const first = (name: string) => headerLines(headers, name)[0];
  const type = first('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  const length = first('content-length');
  const isLong = length === undefined || Number(length) >= minBytes;
  const isPlain = first('content-encoding') === undefined && first('content-range') === undefined;
  const isFixed = headerLines(headers, 'cache-control').some((line) => /\bno-transform\b/i.test(line));
  return types.has(type) && isLong && isPlain && !isFixed;
}
