/** Composition root: with `main/`, the only part that knows every other. */
export { composeRun, readCluster, type ClusterChoice, type Running } from './main/run.ts';
export { readSite } from './main/site.ts';
export { composeStandalone, type Standalone, type StandaloneOptions } from './main/standalone.ts';
