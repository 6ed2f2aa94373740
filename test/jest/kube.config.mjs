import { apiserverTests, base, kubeTests, not } from './base.mjs';

export default {
  ...base,
  displayName: 'kube',
  testMatch: [...kubeTests, ...not(apiserverTests)],
  setupFiles: ['<rootDir>/test/jest/preload-client-node.mjs'],
};
