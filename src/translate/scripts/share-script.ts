/**
 * Connections of a share that invalid backends have are refused ("Connection rejections must respect weight"): pool
 * groups cannot, so that a DataScript closes them by the client's port.
 */
import type { L4Listener } from '../../routing/result/routed-route.ts';
import type { AviObject } from '../desired.ts';
import { hasTraffic, refusedShare } from '../pools/l4-parts.ts';
import { branches } from './lua.ts';
import { aviObject, bodyHead, type TranslateContext } from '../translate-context.ts';

/**
 * `share`: 0 to 99, spread evenly over a client's connections. Half of the port, since clients of some systems use odd or
 * even ones only.
 */
export const shareLine = 'local share = math.floor(tonumber(avi.vs.client_port()) / 2) % 100';

/** The set that closes the shares of TCP ports; undefined where there are none. */
export function shareScriptSet(context: TranslateContext, listeners: readonly L4Listener[]): AviObject | undefined {
  const cases = listeners.flatMap(({ port, protocol, routes: [route] }) => {
    const refused = protocol === 'TCP' && route && hasTraffic(route) ? refusedShare(route) : 0;
    return refused > 0 ? [[String(port), [`refused = ${refused}`]] as const] : [];
  });
  if (cases.length === 0) return undefined;
  const lines = [
    shareLine,
    'local port = tostring(avi.vs.port())',
    'local refused = 0',
    ...branches('port', cases),
    'if share < refused then',
    '  avi.vs.close_conn()',
    'end',
  ];
  const body = {
    ...bodyHead(context, context.l4Name('L4')),
    datascript: [{ evt: 'VS_DATASCRIPT_EVT_TCP_CLIENT_ACCEPT', script: lines.join('\n') }],
  };
  return aviObject(context, 'vsdatascriptset', body);
}
