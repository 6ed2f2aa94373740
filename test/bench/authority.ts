import { createAuthority } from '../../src/cli/demo/certificates.ts';

/** Who signs the certificates of the listeners. */
export const authority = createAuthority('bench');
