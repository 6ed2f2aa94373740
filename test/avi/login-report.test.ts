import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { createAviClient, type CallReport } from '../../src/avi/client.ts';

it('reports logins, refused and unanswered ones too', async () => {
  const server = createServer((_request, response) => response.writeHead(401).end('{"error": "no"}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const reports: CallReport[] = [];
  const client = createAviClient({
    addresses: [`http://127.0.0.1:${port}`],
    credentials: () => ({ username: 'admin', password: String(reports.length) }),
    retry: { attempts: 1, baseMs: 1, capMs: 1, longestRetryAfterMs: 1 },
    onCall: (report) => reports.push(report),
  });
  await expect(client.request('GET', '/api/pool/')).rejects.toMatchObject({ kind: 'auth' });
  await new Promise((resolve) => server.close(resolve));
  await expect(client.request('GET', '/api/pool/')).rejects.toMatchObject({ kind: 'network' });
  await client.close();
  expect(reports).toMatchObject([
    { type: 'login', method: 'POST', code: '401', attempt: 1 },
    { type: 'login', method: 'POST', code: 'network', attempt: 1 },
  ]);
});
