/** Clients below HTTP, each for one look. None of them throws: what goes wrong is what was seen. */
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';

const timeoutMs = 2_000;
const pauseMs = 300;

/** Connects, says `text` if there is one, and waits. @returns the first words of the other side, `closed` or what failed. */
export function firstWords(address: string, port: number, text?: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, address, () => text !== undefined && socket.write(text));
    const end = (seen: string): void => {
      resolve(seen);
      socket.destroy();
    };
    socket.setTimeout(timeoutMs, () => end('no answer'));
    socket.on('data', (data) => end(data.toString('latin1')));
    socket.on('error', (error) => end(seenOf(error)));
    socket.on('close', () => end('closed'));
  });
}

/** A UDP client with a port of its own. */
export interface DatagramClient {
  /** Sends, and waits for the next datagram. @returns its text, or `no answer`. */
  ask(text: string): Promise<string>;
  close(): void;
}

export function openDatagrams(address: string, port: number): DatagramClient {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  let heard: (text: string) => void = () => undefined;
  socket.on('message', (data) => heard(data.toString()));
  socket.on('error', (error) => heard(error.message));
  return {
    ask: (text) =>
      new Promise((resolve) => {
        const late = setTimeout(() => resolve('no answer'), timeoutMs);
        heard = (answer) => {
          clearTimeout(late);
          resolve(answer);
        };
        socket.send(text, port, address);
      }),
    close: () => void socket.close(),
  };
}

/** One datagram from a port of its own, and the answer to it. */
export async function exchange(address: string, port: number, text: string): Promise<string> {
  const client = openDatagrams(address, port);
  try {
    return await client.ask(text);
  } finally {
    client.close();
  }
}

/** Whom a client asks for over TLS, and whose certificate it expects. */
export interface Handshake {
  readonly servername: string;
  /** PEM of the one certificate that is right. */
  readonly ca: string;
  /** Sends the hello in two pieces, the first of so many bytes. */
  readonly pieces?: number;
}

/** @returns `reached` when the server showed the certificate, `closed`, or what was seen else. */
export function handshakeWith(address: string, port: number, { servername, ca, pieces }: Handshake): Promise<string> {
  const transport = connect(port, address).setNoDelay(true);
  const socket = tlsConnect({
    socket: pieces === undefined ? transport : inPieces(transport, pieces),
    servername,
    rejectUnauthorized: false,
  });
  return new Promise((resolve) => {
    const end = (seen: string): void => {
      resolve(seen);
      socket.destroy();
      transport.destroy();
    };
    const limit = setTimeout(() => end('no answer'), timeoutMs + pauseMs);
    socket.on('secureConnect', () => {
      const shown = socket.getPeerX509Certificate()?.toString().trim();
      end(shown === ca.trim() ? 'reached' : 'answered by another');
    });
    for (const side of [socket, transport]) {
      side.on('error', (error: Error) => end(seenOf(error)));
      side.on('close', () => end('closed'));
      side.on('close', () => clearTimeout(limit));
    }
  });
}

/** A reset is an end as another. */
function seenOf(error: Error & { readonly code?: string }): string {
  const isEnd = error.code === 'ECONNRESET' || error.message.includes('before secure TLS connection');
  return isEnd ? 'closed' : error.message;
}

/** The connection, whose first write goes in two pieces with a pause between them. */
function inPieces(socket: Socket, bytes: number): Duplex {
  let isFirst = true;
  const duplex = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      if (!isFirst) return void socket.write(chunk, done);
      isFirst = false;
      socket.write(chunk.subarray(0, bytes));
      setTimeout(() => socket.write(chunk.subarray(bytes), done), pauseMs);
    },
    final: (done) => void socket.end(done),
  });
  socket.on('data', (data: Buffer) => {
    if (!duplex.push(data)) socket.pause();
  });
  socket.on('end', () => duplex.push(null));
  socket.on('error', (error) => duplex.destroy(error));
  socket.on('close', () => duplex.destroy());
  return duplex;
}
