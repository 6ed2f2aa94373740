import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface UdpBackend {
  readonly port: number;
  /** Each datagram with the port of who sent it. */
  readonly heard: readonly { readonly from: number; readonly words: string }[];
  readonly close: () => void;
}

/** Answers each datagram with its name and the datagram, upper case. */
export async function startUdp(name: string): Promise<UdpBackend> {
  const socket = createSocket('udp4');
  const heard: { from: number; words: string }[] = [];
  socket.on('message', (datagram, { address, port }) => {
    heard.push({ from: port, words: datagram.toString() });
    socket.send(`${name}:${datagram.toString().toUpperCase()}`, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, heard, close: () => void socket.close() };
}

/** A client with a port of its own: one flow for each VIP and port that it speaks to. */
export interface UdpClient {
  readonly send: (host: string, port: number, words: string) => void;
  /** The next answer. */
  readonly next: () => Promise<string>;
  readonly close: () => void;
}

export async function startClient(): Promise<UdpClient> {
  const socket: Socket = createSocket('udp4');
  const answers: string[] = [];
  const waiting: ((answer: string) => void)[] = [];
  socket.on('message', (datagram) => {
    const first = waiting.shift();
    if (first) first(datagram.toString());
    else answers.push(datagram.toString());
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    send: (host, port, words) => socket.send(words, port, host),
    next: () => {
      const answer = answers.shift();
      return answer === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(answer);
    },
    close: () => void socket.close(),
  };
}
