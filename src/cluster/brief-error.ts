/** Failed calls to the API server in one line; client-node's own messages repeat the whole body and all headers. */
import { ApiException } from '@kubernetes/client-node';

/** An error with the API server's own words, as which verb is forbidden to whom; other errors as they are. */
export function briefError(error: unknown): Error & { readonly code?: number } {
  if (!(error instanceof ApiException)) return error instanceof Error ? error : new Error(String(error));
  const brief = new Error(`${error.code} ${reasonOf(error.body)}`.trim(), { cause: error });
  return Object.assign(brief, { code: error.code });
}

/** At most 300 characters. */
function reasonOf(body: unknown): string {
  const status = typeof body === 'string' ? parsed(body) : body;
  if (typeof status === 'string') return status.slice(0, 300);
  const message: unknown = status !== null && typeof status === 'object' && 'message' in status ? status.message : '';
  return typeof message === 'string' ? message.slice(0, 300) : '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
