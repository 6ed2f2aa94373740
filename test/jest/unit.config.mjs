import { apiserverTests, base, kubeTests, not } from './base.mjs';

export default {
  ...base,
  displayName: 'unit',
  testMatch: ['**/*.test.ts', ...not(kubeTests), ...not(apiserverTests)],
};
