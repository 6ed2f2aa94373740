import { apiserverTests, base, integrationTests, kubeTests, not } from './base.mjs';

export default {
  ...base,
  displayName: 'unit',
  testMatch: ['**/*.test.ts', ...not(kubeTests), ...not(apiserverTests), ...not(integrationTests)],
};
