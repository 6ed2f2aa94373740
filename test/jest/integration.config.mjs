import { base, integrationTests } from './base.mjs';

export default { ...base, displayName: 'integration', testMatch: integrationTests };
