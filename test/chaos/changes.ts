import type { Backend, ListenerModel, Model, Route, Rule } from './model.ts';
import type { Dice } from './random.ts';

/** A change of the model; the name says what it did. Certificates are not in the model: `rotate` names one. */
export interface Change {
  readonly name: string;
  readonly model: Model;
  readonly rotate?: string;
}

export const SERVICES = ['s0', 's1', 's2', 's3', 's4', 's5'];
const CHURNED = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5'];
const EXTRA_LISTENERS: readonly ListenerModel[] = [
  { name: 'extra', port: 8080 },
  { name: 'https-e', port: 443, hostname: 'e.example.test', certificate: 'cert-e' },
  { name: 'https-a2', port: 8443, hostname: 'a.example.test', certificate: 'cert-a' },
];

/** What stays: it may change, but it has an answer all the time. */
export function firstModel(addressesOf: (service: string, count: number) => readonly string[]): Model {
  const to = (...services: readonly string[]): readonly Backend[] =>
    services.map((service) => ({ service, weight: 1 }));
  const prefix = (path: string, backends: readonly Backend[]): Rule => ({
    match: { type: 'PathPrefix', path },
    backends,
  });
  const route = (name: string, host: string, rules: readonly Rule[]): Route => ({ name, host, created: 0, rules });
  return {
    listeners: [
      { name: 'http', port: 80 },
      { name: 'https-a', port: 443, hostname: 'a.example.test', certificate: 'cert-a' },
      { name: 'https-w', port: 443, hostname: '*.wild.test', certificate: 'cert-w' },
    ],
    routes: [
      route('stable-a', 'a.example.test', [prefix('/', to('s0', 's1')), prefix('/api', to('s2'))]),
      route('stable-b', 'b.example.test', [prefix('/', to('s3'))]),
      route('stable-e', 'e.example.test', [prefix('/', to('s1'))]),
      route('stable-w', '*.wild.test', [prefix('/', to('s4', 's5'))]),
    ],
    services: Object.fromEntries(SERVICES.map((service) => [service, addressesOf(service, 2)])),
  };
}

type Maker = (model: Model, dice: Dice) => Change | undefined;

function replaceRoute(model: Model, route: Route): Model {
  return { ...model, routes: model.routes.map((other) => (other.name === route.name ? route : other)) };
}

/** Changes one rule of one route, any of them. */
function onRule(name: string, edit: (rule: Rule, dice: Dice) => Rule): Maker {
  return (model, dice) => {
    const route = dice.pick(model.routes);
    const at = dice.below(route.rules.length);
    const rules = route.rules.map((rule, index) => (index === at ? edit(rule, dice) : rule));
    return { name: `${name} of ${route.name}[${at}]`, model: replaceRoute(model, { ...route, rules }) };
  };
}

function someBackends(dice: Dice): readonly Backend[] {
  const first = dice.pick(SERVICES);
  const second = dice.pick(SERVICES.filter((service) => service !== first));
  const weight = 1 + dice.below(9);
  return dice.chance(0.5)
    ? [{ service: first, weight }]
    : [
        { service: first, weight },
        { service: second, weight: dice.below(5) },
      ];
}

function churnedRoute(name: string, created: number, dice: Dice): Route {
  const host = dice.pick([
    `${name}.example.test`,
    'a.example.test',
    'a.example.test',
    'x.wild.test',
    '*.wild.test',
    'b.example.test',
  ]);
  const paths = [`/${name}`, '/api', '/api/deep', '/shop', '/'];
  const rules = Array.from({ length: 1 + dice.below(3) }, (): Rule => ({
    match: {
      type: dice.pick(['Exact', 'PathPrefix'] as const),
      path: dice.pick(paths),
      ...(dice.chance(0.25) && { header: 'canary' }),
    },
    backends: someBackends(dice),
  }));
  return { name, host, created, rules };
}

let age = 0;

const MAKERS: readonly Maker[] = [
  onRule('weights', (rule, dice) => ({
    ...rule,
    backends: rule.backends.map((backend, index) => ({
      ...backend,
      weight: index === 0 ? 1 + dice.below(9) : dice.below(5),
    })),
  })),
  onRule('backends', (rule, dice) => ({ ...rule, backends: someBackends(dice) })),
  onRule('filter', ({ filter: _, ...rule }, dice) => {
    const filter = dice.pick([undefined, 'request', 'response', 'both'] as const);
    return { ...rule, ...(filter && { filter }) };
  }),
  onRule('timeout', ({ timeout: _, ...rule }, dice) => ({ ...rule, ...(dice.chance(0.5) && { timeout: '20s' }) })),
  (model, dice) => {
    const route = dice.pick(model.routes);
    return {
      name: `order of ${route.name}`,
      model: replaceRoute(model, { ...route, rules: route.rules.toReversed() }),
    };
  },
  ...Array<Maker>(3).fill((model, dice) => {
    const name = dice.pick(CHURNED);
    const others = model.routes.filter((route) => route.name !== name);
    if (others.length < model.routes.length && dice.chance(0.5))
      return { name: `remove ${name}`, model: { ...model, routes: others } };
    const route = churnedRoute(name, ++age, dice);
    return { name: `put ${name} on ${route.host}`, model: { ...model, routes: [...others, route] } };
  }),
  ...Array<Maker>(2).fill((model, dice) => {
    const listener = dice.pick(EXTRA_LISTENERS);
    const others = model.listeners.filter(({ name }) => name !== listener.name);
    const without = others.length < model.listeners.length;
    return {
      name: `${without ? 'remove' : 'add'} listener ${listener.name}`,
      model: { ...model, listeners: without ? others : [...others, listener] },
    };
  }),
  (model, dice) => ({ name: 'rotate', model, rotate: dice.pick(['cert-a', 'cert-w', 'cert-e']) }),
];

/** A random change that leaves every Service with an address. `fresh` is an address that the Service has not. */
export function randomChange(model: Model, dice: Dice, fresh: (service: string) => string): Change {
  if (dice.chance(0.3)) return endpointChange(model, dice, fresh);
  return dice.pick(MAKERS)(model, dice) ?? randomChange(model, dice, fresh);
}

function endpointChange(model: Model, dice: Dice, fresh: (service: string) => string): Change {
  const service = dice.pick(SERVICES);
  const addresses = model.services[service] ?? [];
  const grow = addresses.length < 2 || (addresses.length < 4 && dice.chance(0.5));
  const next = dice.chance(0.2)
    ? [fresh(service)]
    : grow
      ? [...addresses, fresh(service)]
      : addresses.toSpliced(dice.below(addresses.length), 1);
  return {
    name: `endpoints of ${service}: ${next.length}`,
    model: { ...model, services: { ...model.services, [service]: next } },
  };
}
