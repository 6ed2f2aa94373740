import { apiserverTests, base } from './base.mjs';

export default {
  ...base,
  displayName: 'apiserver',
  testTimeout: 60_000,
  testMatch: apiserverTests,
  setupFiles: ['<rootDir>/test/jest/preload-client-node.mjs'],
};
