import { fileURLToPath } from 'node:url';

/** What the three projects share: native ES modules, types stripped by Node itself. */
export const base = {
  rootDir: fileURLToPath(new URL('../..', import.meta.url)),
  roots: ['<rootDir>/test'],
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/jest/temporary-folder.mjs',
  globalTeardown: '<rootDir>/test/jest/remove-temporary-folder.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/jest/strip-types.cjs' },
};

/** Tests against a real kube-apiserver; they need the control plane that `make control-plane` builds. */
export const apiserverTests = ['**/test/cluster/apiserver/**/*.test.ts', '**/*.apiserver.test.ts'];

/** Tests with the neighbours' real programs; `make integration` runs them, in namespaces of their own. */
export const integrationTests = ['**/test/integration/**/*.test.ts'];

/** Tests of files that load @kubernetes/client-node at run time; the others stay quick without it. */
export const kubeTests = [
  '**/*.kube.test.ts',
  '**/test/operator*.test.ts',
  '**/test/{operator,sources,cluster,handlers,loop}/**/*.test.ts',
];

/** Globs in the `!` form of `testMatch`. */
export function not(globs) {
  return globs.map((glob) => `!${glob}`);
}
