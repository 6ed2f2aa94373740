import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { serverKey, type BalanceState } from '../pools/balance.ts';
import type { L4Choice } from './l4-decide.ts';

/** Datagrams of one client to one server, and back. */
export interface UdpFlow {
  readonly send: (datagram: Buffer) => void;
  readonly end: () => void;
}

export interface UdpFlowOptions extends Pick<L4Choice, 'server'> {
  readonly balance: BalanceState;
  /** Milliseconds without a datagram of either side after which it ends; 0: never. */
  readonly idleMs: number;
  readonly onAnswer: (datagram: Buffer) => void;
  readonly onEnd: () => void;
}

/** What the first datagrams wait in while the socket is made. */
const MOST_WAITING = 64;

/** Opens a socket that hears its server only. What the server's host refuses is lost, as datagrams are. */
export function openUdpFlow({ server, balance, idleMs, onAnswer, onEnd }: UdpFlowOptions): UdpFlow {
  const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
  const key = serverKey(server);
  balance.open.set(key, (balance.open.get(key) ?? 0) + 1);
  let waiting: Buffer[] | undefined = [];
  let ended = false;

  const end = (): void => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    balance.open.set(key, (balance.open.get(key) ?? 1) - 1);
    socket.close();
    onEnd();
  };
  const timer = idleMs > 0 ? setTimeout(end, idleMs) : undefined;

  socket.on('error', () => undefined);
  socket.on('message', (datagram) => {
    timer?.refresh();
    onAnswer(datagram);
  });
  socket.connect(server.port, server.address, () => {
    if (ended) return;
    for (const datagram of waiting ?? []) socket.send(datagram, () => undefined);
    waiting = undefined;
  });
  return {
    send: (datagram) => {
      timer?.refresh();
      if (!waiting) socket.send(datagram, () => undefined);
      else if (waiting.length < MOST_WAITING) waiting.push(datagram);
    },
    end,
  };
}
