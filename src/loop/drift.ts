/** Looks from time to time whether somebody else changed our objects on the controller, and has it put right. */
import { isClean } from '../apply/outcome.ts';
import { updateStep } from '../plan/content/compare.ts';
import { aviTypes } from '../plan/content/schema.ts';
import { objectId } from '../translate/desired.ts';
import { type EngineContext } from './engine-context.ts';

/**
 * One look. In mode `repair` the Gateways concerned are marked; in mode `report` it is only said.
 *
 * @throws AviError when the controller cannot be asked.
 */
export async function lookForDrift(context: EngineContext): Promise<void> {
  const { deps, memory } = context;
  if (deps.drift.mode === 'off' || !deps.isLeader() || !context.inventoryReady()) return;
  const seen = new Set(await deps.inventory.sweep());
  const { objects } = deps.inventory.current();
  const drifted: { readonly gateway: string; readonly id: string; readonly repair: boolean }[] = [];
  const reported = new Set(deps.drift.mode === 'repair' ? (deps.drift.reportTypes ?? []) : aviTypes);
  for (const [gateway, { desired }] of memory) {
    for (const object of desired.objects) {
      const id = objectId(object);
      if (!seen.has(id)) continue;
      const current = objects.get(id);
      if (!current || updateStep(object, current, deps)) {
        drifted.push({ gateway, id, repair: !reported.has(object.type) });
      }
    }
  }
  if (drifted.length > 0) {
    // Several Gateways may use one object.
    deps.metrics?.drift(new Set(drifted.map(({ id }) => id)).size);
    deps.logger.warn('objects were changed by somebody else', { mode: deps.drift.mode, objects: drifted.slice(0, 50) });
  }
  if (deps.drift.mode !== 'repair') return;
  // What failed for good is tried again too: the controller's configuration may have changed.
  const failing = [...memory].filter(([, { outcome }]) => !isClean(outcome)).map(([key]) => key);
  const repaired = drifted.filter(({ repair }) => repair).map(({ gateway }) => gateway);
  context.mark(new Set([...repaired, ...failing]), true);
  context.lookForOrphans();
}
