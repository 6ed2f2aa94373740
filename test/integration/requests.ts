/** Real requests to the data plane. */
import { get } from 'node:http';
import { connect, type DetailedPeerCertificate } from 'node:tls';

export interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

/** A plain HTTP request to port 80 of an address, with a Host header. */
export function request(address: string, host: string, path = '/'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: address, port: 80, path, headers: { host }, agent: false, timeout: 5_000 };
    const sent = get(options, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, location: response.headers.location, body }),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer of ${host}`)));
    sent.on('error', reject);
  });
}

export interface Served {
  readonly serialNumber: string;
  /** Common name of the issuer of the leaf. */
  readonly issuer: string;
  /** Certificates that the server has sent, and the root that they were verified with. */
  readonly chain: number;
}

/** The certificate that port 443 of an address serves for a name; rejects when it does not verify with the root. */
export function handshake(address: string, servername: string, root?: string): Promise<Served> {
  return new Promise((resolve, reject) => {
    const verified = root === undefined ? { rejectUnauthorized: false } : { ca: root };
    const socket = connect({ host: address, port: 443, servername, timeout: 5_000, ...verified }, () => {
      const leaf = socket.getPeerCertificate(true);
      resolve({ serialNumber: leaf.serialNumber, issuer: String(leaf.issuer.CN), chain: chainLength(leaf) });
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy(new Error(`no handshake for ${servername}`)));
    socket.on('error', reject);
  });
}

function chainLength(leaf: DetailedPeerCertificate): number {
  const seen = new Set<string>();
  for (
    let at: DetailedPeerCertificate | undefined = leaf;
    at && !seen.has(at.fingerprint256);
    at = at.issuerCertificate
  )
    seen.add(at.fingerprint256);
  return seen.size;
}

/** Shakes hands again and again until it is stopped; counts what was served and what failed. */
export function keepShaking(address: string, servername: string, root: string) {
  const serials = new Map<string, number>();
  const failures: string[] = [];
  let running = true;
  const loop = (async () => {
    while (running) {
      await handshake(address, servername, root).then(
        ({ serialNumber }) => void serials.set(serialNumber, (serials.get(serialNumber) ?? 0) + 1),
        (error: Error) => void failures.push(error.message),
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    serials,
    failures,
    stop: async () => {
      running = false;
      await loop;
    },
  };
}
