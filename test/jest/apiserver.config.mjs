import { apiserverTests, base } from './base.mjs';

export default {
  ...base,
  displayName: 'apiserver',
  testMatch: apiserverTests,
  setupFiles: ['<rootDir>/test/jest/preload-client-node.mjs'],
};
