/** Many routes, each with a host and a Service of its own, on many Gateways; and their random changes. */
import type { HTTPRoute } from '../../../generated/gateway-api.ts';
import { gateway, gatewayClass, httpRoute } from '../../loop/harness.ts';
import type { Feed } from '../feed.ts';
import type { Dice } from '../random.ts';

/** Of one route, as it is now. */
interface App {
  readonly gateway: string;
  present: boolean;
  /** Paths beside `/`, which is always there. */
  deeper: boolean;
  filtered: boolean;
  /** Index of another app whose Service gets a share. */
  also: number | undefined;
  /** Last octets of its pods. */
  pods: readonly number[];
  /** Never changed: what asks for it all the time must get an answer. */
  readonly steady: boolean;
}

export interface Load {
  /** Makes everything. */
  readonly begin: () => void;
  /** One random change of one object. */
  readonly change: () => void;
  /** Name of the Gateway, host, and addresses that may answer `/`; none where the route is gone. */
  readonly expected: (index: number) => {
    readonly gateway: string;
    readonly host: string;
    readonly addresses: readonly string[];
  };
  /** Indexes of routes that are never changed. */
  readonly steady: readonly number[];
  readonly gateways: readonly string[];
}

const routesAGateway = 100;

export interface LoadOptions {
  readonly feed: Feed;
  readonly dice: Dice;
  readonly routes: number;
  readonly backendPort: number;
}

export function createLoad({ feed, dice, routes, backendPort }: LoadOptions): Load {
  const gateways = Array.from({ length: Math.max(3, Math.ceil(routes / routesAGateway)) }, (_, index) => `gw-${index}`);
  // As many of each as there are after changes without end, so that the changes do not make more and more of them.
  const apps = Array.from({ length: routes }, (_, index): App => {
    const steady = index % 50 < 2;
    return {
      gateway: gateways[index % gateways.length] ?? '',
      present: steady || dice.chance(0.8),
      deeper: !steady && dice.chance(0.5),
      filtered: !steady && dice.chance(0.5),
      also: !steady && dice.chance(0.5) ? dice.below(routes) : undefined,
      pods: !steady && dice.chance(0.5) ? [1, 2 + dice.below(3)] : [1],
      steady,
    };
  });
  const at = (index: number): App => apps[index] as App;
  const name = (index: number): string => `app-${index}`;
  const host = (index: number): string => `${name(index)}.load.test`;
  const addressesOf = (index: number): readonly string[] =>
    at(index).pods.map((pod) => `127.${100 + Math.floor(index / 250)}.${index % 250}.${pod}`);

  const putRoute = (index: number): void => {
    const { gateway: parent, present, deeper, filtered, also } = at(index);
    if (!present) {
      feed.remove('HTTPRoute', `default/${name(index)}`);
      return;
    }
    const base = httpRoute(name(index), [parent], { '/': name(index) }, [host(index)]);
    const [rule] = base.spec?.rules ?? [];
    const backendRefs = [name(index), ...(also === undefined ? [] : [name(also)])].map((service) => ({
      group: '',
      kind: 'Service',
      name: service,
      port: 80,
      weight: 1,
    }));
    const filters = [
      { type: 'ResponseHeaderModifier' as const, responseHeaderModifier: { add: [{ name: 'x-load', value: 'yes' }] } },
    ];
    const ruleAt = (value: string) => ({
      ...rule,
      matches: [{ path: { type: 'PathPrefix' as const, value } }],
      backendRefs,
      ...(filtered && { filters }),
    });
    const route: HTTPRoute = {
      ...base,
      spec: { ...base.spec, rules: [ruleAt('/'), ...(deeper ? [ruleAt('/deeper')] : [])] },
    };
    feed.put('HTTPRoute', route);
  };

  const putEndpoints = (index: number): void =>
    feed.put('EndpointSlice', {
      metadata: {
        name: name(index),
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': name(index) },
      },
      addressType: 'IPv4',
      ports: [{ port: backendPort, protocol: 'TCP' }],
      endpoints: addressesOf(index).map((address) => ({
        addresses: [address],
        conditions: { ready: true, serving: true },
      })),
    });

  const changeRoute = (index: number): void => {
    const app = at(index);
    if (!app.present) app.present = true;
    else
      dice.pick([
        () => (app.deeper = !app.deeper),
        () => (app.filtered = !app.filtered),
        () => (app.also = app.also === undefined ? dice.below(routes) : undefined),
        () => (app.present = false),
      ])();
    putRoute(index);
  };
  const changeEndpoints = (index: number): void => {
    const app = at(index);
    app.pods = app.pods.length > 1 ? [1] : [1, 2 + dice.below(3)];
    putEndpoints(index);
  };

  const steady = apps.flatMap((app, index) => (app.steady ? [index] : []));
  const moving = apps.flatMap((app, index) => (app.steady ? [] : [index]));
  return {
    gateways,
    steady,
    begin() {
      feed.put('GatewayClass', gatewayClass());
      for (const gatewayName of gateways) feed.put('Gateway', gateway(gatewayName));
      apps.forEach((_, index) => {
        feed.put('Service', {
          metadata: { name: name(index), namespace: 'default' },
          spec: {
            type: 'ClusterIP',
            clusterIP: '10.96.0.1',
            ports: [{ port: 80, targetPort: backendPort, protocol: 'TCP' }],
          },
        });
        putEndpoints(index);
        if (at(index).present) putRoute(index);
      });
    },
    change() {
      const index = dice.pick(moving);
      if (dice.chance(0.3)) changeEndpoints(index);
      else changeRoute(index);
    },
    expected(index) {
      const { gateway: parent, present, also } = at(index);
      const addresses = present ? [...addressesOf(index), ...(also === undefined ? [] : addressesOf(also))] : [];
      return { gateway: parent, host: host(index), addresses };
    },
  };
}
