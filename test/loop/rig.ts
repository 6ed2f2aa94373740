/** What tests of the engine set up: one simulated controller a file, and harnesses that are closed after each test. */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { createHarness, gateway, gatewayClass, type Harness, type HarnessOptions } from './harness.ts';

export interface Rig {
  readonly simulator: Simulator;
  create(options?: HarnessOptions): Promise<Harness>;
  /** Closes what was created, for an engine left running would repair what the next one finds, and empties the controller. */
  reset(): Promise<void>;
}

/** To be called once at the top of a test file. */
export function useRig(): Rig {
  const harnesses: Harness[] = [];
  let simulator: Simulator | undefined;
  const started = (): Simulator => {
    if (!simulator) throw new Error('the simulator is started before the first test');
    return simulator;
  };
  const reset = async (): Promise<void> => {
    for (const harness of harnesses.splice(0).toReversed()) await harness.close();
    started().reset();
  };
  beforeAll(async () => {
    simulator = await startSimulator({ dataPlane: false });
  });
  afterEach(reset);
  afterAll(() => started().close());
  return {
    get simulator() {
      return started();
    },
    create: async (options = {}) => {
      const harness = await createHarness({ simulator: started(), ...options });
      harnesses.push(harness);
      return harness;
    },
    reset,
  };
}

/** A class, the Gateway `gw` for `hostname`, and the Service `web`, on a controller of its own. */
export async function createWebHarness(hostname = 'www.example.com'): Promise<Harness> {
  const harness = await createHarness();
  harness.put('GatewayClass', gatewayClass());
  harness.put('Gateway', gateway('gw', hostname));
  harness.service('web', ['10.0.0.1']);
  return harness;
}

/** Starts the engine, and waits until there is no more to do. */
export async function sync({ engine }: Harness): Promise<void> {
  engine.start();
  await engine.synced;
  await engine.idle();
}

/** Marks Gateways or extensions, and waits until there is no more to do. */
export async function settle({ engine }: Harness, lanes: readonly string[], explained = true): Promise<void> {
  engine.mark(lanes, 'all', explained);
  await engine.idle();
}
