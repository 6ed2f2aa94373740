/** Which of several EVH children gets a request. */
import type { Bench, ChildDraft } from '../bench.ts';
import { describeTally, tally, type Check, type Observation } from '../check.ts';

/** With two equal chances, the wrong one is never seen once in a million probes. */
const tries = 20;

type Paths = ChildDraft['matches'][string];

/** Two claims that a request both fits; `wanted` should get it. */
interface Pair {
  readonly wanted: readonly [host: string, paths: Paths];
  readonly other: readonly [host: string, paths: Paths];
  readonly host: string;
  readonly path: string;
}

const everything: Paths = [['BEGINS_WITH', '/']];

/** Made in both orders, so that neither age nor name explains the answer. */
async function contest(bench: Bench, id: string, pairOf: (label: string) => Pair): Promise<Observation> {
  const seen: string[] = [];
  let holds = true;
  for (const first of ['wanted', 'other'] as const) {
    const label = `${id}-${first === 'wanted' ? 'a' : 'z'}`;
    const pair = pairOf(label);
    const draft = (which: 'wanted' | 'other'): ChildDraft => ({
      name: `${label}-${which}`,
      matches: { [pair[which][0]]: pair[which][1] },
    });
    await bench.children(draft(first), draft(first === 'wanted' ? 'other' : 'wanted'));
    const counts = await tally(tries, () => bench.reached({ host: pair.host, path: pair.path }));
    holds &&= counts.size === 1 && counts.has(`${label}-wanted`);
    seen.push(describeTally(counts).replaceAll(`${label}-`, ''));
  }
  return { holds, observed: `${seen[0] ?? ''}; made in the other order ${seen[1] ?? ''}` };
}

/** Ids of the checks on which `translation.trustChildOrder: true` relies. */
export const childOrderChecks = [
  'exact-host-before-wildcard',
  'longest-wildcard-first',
  'equals-before-prefix',
  'longest-prefix-first',
] as const;

export const selectionChecks: readonly Check[] = [
  {
    id: 'exact-host-before-wildcard',
    assumed: 'a child with the exact host gets a request before one with a wildcard',
    needs: 'traffic',
    run: (bench) =>
      contest(bench, 'exact', (label) => ({
        wanted: [bench.host(`in.${label}`), everything],
        other: [`*.${bench.host(label)}`, everything],
        host: bench.host(`in.${label}`),
        path: '/',
      })),
  },
  {
    id: 'longest-wildcard-first',
    assumed: 'of two wildcards that cover a host the longer one gets the request',
    needs: 'traffic',
    run: (bench) =>
      contest(bench, 'longest', (label) => ({
        wanted: [`*.deep.${bench.host(label)}`, everything],
        other: [`*.${bench.host(label)}`, everything],
        host: bench.host(`in.deep.${label}`),
        path: '/',
      })),
  },
  {
    id: 'equals-before-prefix',
    assumed: 'within a host EQUALS goes before BEGINS_WITH',
    needs: 'traffic',
    run: (bench) =>
      contest(bench, 'equals', (label) => ({
        wanted: [bench.host(label), [['EQUALS', '/a']]],
        other: [bench.host(label), everything],
        host: bench.host(label),
        path: '/a',
      })),
  },
  {
    id: 'longest-prefix-first',
    assumed: 'within a host the longest BEGINS_WITH goes first',
    needs: 'traffic',
    run: (bench) =>
      contest(bench, 'prefix', (label) => ({
        wanted: [bench.host(label), [['BEGINS_WITH', '/a/b/']]],
        other: [bench.host(label), [['BEGINS_WITH', '/a/']]],
        host: bench.host(label),
        path: '/a/b/c',
      })),
  },
  {
    id: 'wildcard-labels',
    assumed: 'a wildcard host stands for one label and more, and not for the name below it',
    needs: 'traffic',
    run: async (bench) => {
      const base = bench.host('labels');
      await bench.children({ name: 'labels', matches: { [`*.${base}`]: everything } });
      const [one, two, none] = await Promise.all(
        [`a.${base}`, `a.b.${base}`, base].map((host) => bench.reached({ host })),
      );
      const takes = (answer: string | undefined) => (answer === 'labels' ? 'taken' : 'not taken');
      return {
        holds: one === 'labels' && two === 'labels' && none !== 'labels',
        observed: `one label ${takes(one)}, two labels ${takes(two)}, no label ${takes(none)}`,
      };
    },
  },
  {
    id: 'unmatched-path',
    assumed: 'a host none of whose paths match goes on to the wildcard around it, or to the parent',
    needs: 'traffic',
    run: async (bench) => {
      const host = bench.host('in.unmatched');
      await bench.children(
        { name: 'unmatched-exact', matches: { [host]: [['EQUALS', '/only']] } },
        { name: 'unmatched-wide', matches: { [`*.${bench.host('unmatched')}`]: everything } },
      );
      const counts = await tally(tries, () => bench.reached({ host, path: '/other' }));
      const holds = [...counts.keys()].every((answer) => answer === 'unmatched-wide' || answer === 'parent');
      return { holds, observed: describeTally(counts) };
    },
  },
  {
    id: 'host-with-port',
    assumed: 'a child is found by the Host header without its port',
    needs: 'traffic',
    run: async (bench) => {
      const host = bench.host('with-port');
      await bench.children({ name: 'with-port', matches: { [host]: everything } });
      const answer = await bench.reached({ host: `${host}:8443` });
      return { holds: answer === 'with-port', observed: `Host with a port reaches ${answer}` };
    },
  },
  {
    id: 'shared-policy-set',
    assumed: 'several children may refer to one policy set',
    needs: 'traffic',
    run: async (bench) => {
      await bench.workshop.make('httppolicyset', 'shared', {
        http_request_policy: { rules: [{ name: 'rule-1', enable: true, index: 1, ...localStatus(204) }] },
      });
      const draft = (name: string): ChildDraft => ({
        name,
        policySet: 'shared',
        matches: { [bench.host(name)]: everything },
      });
      await bench.children(draft('shared-a'), draft('shared-b'));
      const answers = await Promise.all(
        ['shared-a', 'shared-b'].map((name) => bench.reached({ host: bench.host(name) })),
      );
      return { holds: answers.every((answer) => answer === '204'), observed: `both answer ${answers.join(' and ')}` };
    },
  },
];

/** An answer of Avi's own. */
export function localStatus(status: number): {
  readonly switching_action: { readonly [key: string]: string | number };
} {
  return { switching_action: { action: 'HTTP_SWITCHING_SELECT_LOCAL', other_status_code: status } };
}
