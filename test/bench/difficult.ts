/** Loads of a controller that refuses some of the calls. */
import { allAccepted, routeDepth, waitFor, type Scenario } from './loads.ts';
import { measure, quiet } from './measure.ts';

/** An empty controller that does not take everything; the operator starts over and programs it from nothing. */
export function difficult(scenario: 'limited' | 'errors', what: string): Scenario {
  const behaviour = scenario === 'limited' ? { rateLimit: 20 } : { errorShare: 0.01 };
  return async (rig) => {
    const programmed = async () => {
      const { writes } = await rig.controller().stats();
      const children = writes.filter(({ type, status }) => type === 'virtualservice' && status < 300);
      return children.length > rig.options.routes;
    };
    await rig.end();
    await rig.replaceController(behaviour);
    const measured = await measure(rig, {
      scenario,
      what,
      depth: routeDepth + 1,
      run: () => rig.start(scenario),
      until: programmed,
      ...(scenario === 'limited' && { rateLimit: behaviour.rateLimit }),
    });
    await rig.end();
    await rig.replaceController({});
    await rig.start(`after-${scenario}`);
    await waitFor(allAccepted(rig));
    await quiet(rig);
    return [measured];
  };
}
