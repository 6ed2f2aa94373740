/** The listeners of a Gateway that its EVH parent serves; the others have virtual services of their own. */
import type { RoutedGateway } from '../../routing/result/routed-gateway.ts';
import type { RoutedListener } from '../../routing/result/routed-listener.ts';

/** The serving listeners with protocol HTTP or HTTPS, in the Gateway's order. */
export function httpListeners({ listeners }: Pick<RoutedGateway, 'listeners'>): readonly RoutedListener[] {
  return listeners.filter(({ serving, protocol }) => serving && (protocol === 'HTTP' || protocol === 'HTTPS'));
}
