/** Clients of the echoes, through the VIP. */
import { createSocket } from 'node:dgram';
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { timeoutMs, type Target } from './requests.ts';

/** The outcome of a call: gRPC's status, and the message of the reply. */
export interface GrpcReply {
  readonly status: string;
  readonly reply: string;
}

/** gRPC's length-prefixed message: not compressed, 4 bytes of length. */
const prefixLength = 5;

function frame(message: string): Buffer {
  const prefix = Buffer.alloc(prefixLength);
  prefix.writeUInt32BE(Buffer.byteLength(message), 1);
  return Buffer.concat([prefix, Buffer.from(message)]);
}

/** gRPC's status, as its clients read it from answers that are not gRPC's own (http-grpc-status-mapping). */
function statusOf(headers: IncomingHttpHeaders): string {
  const mapped = new Map([
    [404, '12'],
    [502, '14'],
    [503, '14'],
  ]);
  return String(headers['grpc-status'] ?? mapped.get(Number(headers[':status'])) ?? '2');
}

/** Calls a unary method with a message of any bytes, over TLS. */
export async function grpcCall(host: string, method: string, message: string, target: Target): Promise<GrpcReply> {
  const { address, httpsPort, ca } = target;
  const session = connect(`https://${host}:${httpsPort}`, {
    createConnection: () => connectTls({ host: address, port: httpsPort, servername: host, ca, ALPNProtocols: ['h2'] }),
  });
  try {
    return await call(session, method, message);
  } finally {
    session.destroy();
  }
}

function call(session: ClientHttp2Session, method: string, message: string): Promise<GrpcReply> {
  return new Promise((resolve, reject) => {
    session.once('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': method,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    let status: string | undefined;
    const chunks: Buffer[] = [];
    stream.setTimeout(timeoutMs, () => stream.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    stream.on('response', (headers) => (status = statusOf(headers)));
    stream.on('trailers', (trailers: IncomingHttpHeaders) => (status = statusOf(trailers)));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
    stream.on('end', () =>
      resolve({ status: status ?? 'none', reply: Buffer.concat(chunks).subarray(prefixLength).toString() }),
    );
    stream.end(frame(message));
  });
}

/** What comes back for a message over TCP. */
export function tcpEcho(message: string, { address, echoPort }: Target): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(echoPort, address);
    let received = '';
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    socket.setEncoding('utf8').on('error', reject);
    socket.on('data', (text: string) => {
      received += text;
      if (received.length >= message.length) socket.end();
    });
    socket.on('close', () => resolve(received));
    socket.write(message);
  });
}

const resendMs = 500;

/** What comes back for a message over UDP; it is sent again while nothing comes, since datagrams may be lost. */
export function udpEcho(message: string, { address, echoPort }: Target): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const send = () => socket.send(message, echoPort, address);
    const repeat = setInterval(send, resendMs);
    const end = (settle: () => void) => {
      clearInterval(repeat);
      clearTimeout(limit);
      socket.close();
      settle();
    };
    const limit = setTimeout(() => end(() => reject(new Error(`no answer within ${timeoutMs} ms`))), timeoutMs);
    socket.once('message', (answer) => end(() => resolve(answer.toString())));
    socket.once('error', (error) => end(() => reject(error)));
    send();
  });
}
