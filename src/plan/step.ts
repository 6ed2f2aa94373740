import type { Operation } from './operation.ts';

type Edges = 'dependsOn' | 'afterEffectOf';

/** An operation before its edges are known. */
export type Step =
  | Omit<Extract<Operation, { verb: 'create' }>, Edges>
  | Omit<Extract<Operation, { verb: 'update' }>, Edges>
  | Omit<Extract<Operation, { verb: 'delete' }>, Edges>;

export type UpdateStep = Extract<Step, { verb: 'update' }>;
