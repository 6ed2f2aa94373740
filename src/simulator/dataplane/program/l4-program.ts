import type { Target } from '../decide/target.ts';

/** How a port carries its bytes, from its network profile. */
export interface Transport {
  /** `other`: SCTP, which is not simulated. */
  readonly kind: 'tcp' | 'udp' | 'other';
  /** Milliseconds after which a connection or flow without traffic ends. */
  readonly idleMs: number;
  /** UDP only: each datagram is balanced by itself. */
  readonly perPacket: boolean;
}

/** What a TCP connection or a UDP flow is known by before anything of it is read. */
export interface L4Flow {
  readonly transport: Transport['kind'];
  readonly virtualIp: string;
  /** The virtual service's port, not the one that the port map made of it. */
  readonly port: number;
  readonly clientIp: string;
  readonly clientPort: number;
}

/** A rule of an L4PolicySet. */
export interface L4Rule {
  readonly name: string;
  readonly matches: (flow: L4Flow) => boolean;
  readonly target: Target;
}

/** What a virtual service whose application profile is not HTTP does with connections. */
export interface L4Program {
  /** SSL: L4 behind TLS that ends here. */
  readonly application: 'L4' | 'SSL';
  /** In the order of sets and rules; the first that matches decides. */
  readonly rules: readonly L4Rule[];
  /** Milliseconds after which a TLS connection without traffic ends. */
  readonly tlsIdleMs: number;
}
