/** What the controller says about the bench's own virtual service and VIP. Last, as one of them would move the VIP. */
import { AviError } from '../../../avi/errors.ts';
import type { JsonObject } from '../../../translate/desired.ts';
import type { Check } from '../check.ts';

export const vipChecks: readonly Check[] = [
  {
    id: 'runtime-summary',
    assumed: 'nothing: /runtime/summary is not used',
    needs: 'traffic',
    run: async ({ client, workshop, config: { tenant } }) => {
      const query = { name: workshop.nameOf('parent') };
      const [parent] = await client.list('/api/virtualservice/', { tenant, query });
      const look = (path: string) =>
        client.request('GET', `/api/virtualservice/${String(parent?.uuid)}/${path}`, { tenant }).then(
          ({ status }) => `${path} ${status}`,
          (error: Error) => `${path} ${error instanceof AviError ? error.status : error.message}`,
        );
      return { observed: (await Promise.all(['runtime', 'runtime/summary', 'runtime/detail'].map(look))).join(', ') };
    },
  },
  {
    id: 'address-of-vip',
    assumed: 'the address of a VIP does not change',
    needs: 'traffic',
    run: async ({ client, vip, config: { tenant } }) => {
      const { _last_modified: _, url: _url, uuid: _uuid, ...body } = vip.body;
      const [first, ...others] = body.vip as readonly JsonObject[];
      const other = { addr: neighbour(first), type: 'V4' };
      const changed = { ...body, vip: [{ ...first, ip_address: other }, ...others] };
      const found = await client.request('PUT', `/api/vsvip/${vip.uuid}`, { tenant, body: changed }).then(
        ({ status }) => ({ status, text: '' }),
        (error: Error) => ({ status: error instanceof AviError ? (error.status ?? 0) : 0, text: error.message }),
      );
      return { holds: found.status >= 400, observed: found.text || `changed (${found.status})` };
    },
  },
];

/** The next address; of IPv6 none is tried. */
function neighbour(vip: JsonObject | undefined): string {
  const { addr = '' } = (vip?.ip_address ?? {}) as { readonly addr?: string };
  return addr.replace(/\d+$/, (last) => String((Number(last) % 254) + 1));
}
