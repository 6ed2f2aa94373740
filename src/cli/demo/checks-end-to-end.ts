/** Checks of the end-to-end variant: TLS to backends and past the Gateway, gRPC, TCP and UDP, the team's own listener. */
import type { BackendAnswer } from './backends.ts';
import { PASSTHROUGH } from './application.ts';
import type { Check } from './check.ts';
import { grpcCall, tcpEcho, udpEcho } from './echoes.ts';
import { GRPC_METHOD, grpcStatus } from './echo-backends.ts';
import { get, type Target } from './requests.ts';
import { GRPC, SECURE, TEAM, TEAM_ALIAS } from './workspace.ts';

/** Which backend answered, and how the request came to it. */
function answered(what: string, expected: string, url: (target: Target) => string, authority: Authority): Check {
  return {
    what,
    expected,
    run: async (target) => {
      const { status, body } = await get(url(target), { ...target, ca: target[authority] });
      if (status !== 200) return `${status}`;
      const { service, tls } = JSON.parse(body) as BackendAnswer;
      return `${status} from ${service}, ${tls === null ? 'plain text' : tls} to the backend`;
    },
  };
}

type Authority = 'ca' | 'backendCa';

const message = 'hello, world';

export const endToEnd: readonly Check[] = [
  answered(
    `https://${SECURE}/`,
    '200 from secure, TLSv1.3 to the backend',
    ({ httpsPort }) => `https://${SECURE}:${httpsPort}/`,
    'ca',
  ),
  {
    what: `https://${SECURE}/stranger, whose certificate is of another CA`,
    expected: '503',
    run: async (target) => `${(await get(`https://${SECURE}:${target.httpsPort}/stranger`, target)).status}`,
  },
  answered(
    `https://${TEAM}/, from a ListenerSet`,
    '200 from team, plain text to the backend',
    ({ httpsPort }) => `https://${TEAM}:${httpsPort}/`,
    'ca',
  ),
  answered(
    `https://${TEAM_ALIAS}/, an alias by a HostRule`,
    '200 from team, plain text to the backend',
    ({ httpsPort }) => `https://${TEAM_ALIAS}:${httpsPort}/`,
    'ca',
  ),
  answered(
    `https://${PASSTHROUGH}/, passed through`,
    '200 from passthrough, TLSv1.3 to the backend',
    ({ tlsPort }) => `https://${PASSTHROUGH}:${tlsPort}/`,
    'backendCa',
  ),
  {
    what: 'TLS for a name that no TLSRoute has',
    expected: 'closed',
    run: async (target) => {
      const url = `https://other.avi.example.test:${target.tlsPort}/`;
      return get(url, { ...target, ca: target.backendCa }).then(
        ({ status }) => `${status}`,
        (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? 'closed' : error.message),
      );
    },
  },
  {
    what: `gRPC ${GRPC}${GRPC_METHOD}`,
    expected: `status ${grpcStatus.ok}, the message comes back`,
    run: async (target) => {
      const { status, reply } = await grpcCall(GRPC, GRPC_METHOD, message, target);
      return `status ${status}, ${reply === message ? 'the message comes back' : JSON.stringify(reply)}`;
    },
  },
  {
    what: `gRPC ${GRPC}, a method that no rule has`,
    expected: `status ${grpcStatus.unimplemented}`,
    run: async (target) => `status ${(await grpcCall(GRPC, '/demo.Echo/Other', message, target)).status}`,
  },
  { what: 'TCP echo', expected: message, run: (target) => tcpEcho(message, target) },
  { what: 'UDP echo', expected: message, run: (target) => udpEcho(message, target) },
];
