import { AviError } from '../avi/errors.ts';
import type { ObjectOutcome } from './outcome.ts';

/** The outcome of an object whose call failed. */
export function failure(error: unknown): ObjectOutcome {
  if (!(error instanceof AviError)) {
    return { state: 'failed', message: error instanceof Error ? error.message : String(error), retryable: true };
  }
  const { message, status, retryable } = error;
  return { state: 'failed', message, ...(status !== undefined && { code: status }), retryable };
}
