/** What can go wrong in a call to the controller, as a catalogue: every error has a kind that says what to do about it. */

/**
 * - `auth`: the login failed or the session is not accepted; look at the credentials.
 * - `validation`: the controller refuses the body; the same call will fail again.
 * - `noCapacity`: no free address, or a network or VRF is missing; worth another try much later.
 * - `forbidden`: tenant or permission.
 * - `notFound`, `conflict` (the name is taken), `inUse` (referred to), `stale` (changed since it was read).
 * - `rateLimited`, `unavailable` (5xx, upgrade), `network` (no or a broken reply), `closed` (the client was closed),
 *   `notLeader` (this replica may not write).
 */
export type AviErrorKind =
  | 'auth'
  | 'validation'
  | 'noCapacity'
  | 'forbidden'
  | 'notFound'
  | 'conflict'
  | 'inUse'
  | 'stale'
  | 'rateLimited'
  | 'unavailable'
  | 'network'
  | 'closed'
  | 'notLeader';

interface CatalogueEntry {
  readonly code: string;
  /** Whether the same call may succeed within seconds: the client tries again by itself. */
  readonly transient: boolean;
  /** Whether a later reconcile may succeed without a change of the desired state. */
  readonly retryable: boolean;
}

/** Code and treatment by kind. */
export const errorCatalogue: Readonly<Record<AviErrorKind, CatalogueEntry>> = {
  auth: { code: 'AVI_AUTH', transient: false, retryable: true },
  validation: { code: 'AVI_VALIDATION', transient: false, retryable: false },
  noCapacity: { code: 'AVI_NO_CAPACITY', transient: false, retryable: true },
  forbidden: { code: 'AVI_FORBIDDEN', transient: false, retryable: true },
  notFound: { code: 'AVI_NOT_FOUND', transient: false, retryable: true },
  conflict: { code: 'AVI_CONFLICT', transient: false, retryable: true },
  inUse: { code: 'AVI_IN_USE', transient: false, retryable: true },
  stale: { code: 'AVI_STALE', transient: false, retryable: true },
  rateLimited: { code: 'AVI_RATE_LIMITED', transient: true, retryable: true },
  unavailable: { code: 'AVI_UNAVAILABLE', transient: true, retryable: true },
  network: { code: 'AVI_NETWORK', transient: true, retryable: true },
  closed: { code: 'AVI_CLOSED', transient: false, retryable: true },
  notLeader: { code: 'AVI_NOT_LEADER', transient: false, retryable: true },
};

/** A failed call. The message holds method, path and the controller's text, redacted; never a body. */
export class AviError extends Error {
  override readonly name = 'AviError';
  readonly kind: AviErrorKind;
  readonly code: string;
  readonly transient: boolean;
  readonly retryable: boolean;
  /** HTTP status; absent when there was no reply. */
  readonly status: number | undefined;
  /** Milliseconds that the controller asked us to wait. */
  readonly retryAfterMs: number | undefined;
  /** The controller's own text. */
  readonly detail: string;

  constructor(
    kind: AviErrorKind,
    call: { readonly method: string; readonly path: string },
    detail: string,
    more: { readonly status?: number; readonly retryAfterMs?: number; readonly cause?: unknown } = {},
  ) {
    const text = redact(detail);
    const status = more.status === undefined ? '' : ` ${more.status}`;
    super(`${call.method} ${call.path}:${status} ${text}`, more.cause === undefined ? {} : { cause: more.cause });
    const entry = errorCatalogue[kind];
    this.kind = kind;
    this.code = entry.code;
    this.transient = entry.transient;
    this.retryable = entry.retryable;
    this.status = more.status;
    this.retryAfterMs = more.retryAfterMs;
    this.detail = text;
  }
}

/** The kind of a reply that is no success (texts: avi-model.md section 4, ako-facts.md section 3.5). */
export function kindOf(status: number, detail: string): AviErrorKind {
  if (status === 401 || status === 419) return 'auth';
  if (status === 403) return kindOfForbidden(detail);
  if (status === 404) return 'notFound';
  if (status === 409) return 'conflict';
  if (status === 412) return 'stale';
  if (status === 429) return 'rateLimited';
  if (status === 408 || status >= 500) return isImportError(detail) ? 'validation' : 'unavailable';
  return /No available free IPs|VrfContext (object )?not found|Network object not found/.test(detail)
    ? 'noCapacity'
    : 'validation';
}

function kindOfForbidden(detail: string): AviErrorKind {
  if (/Cannot delete|referred by/i.test(detail)) return 'inUse';
  return /disallowed during upgrade/i.test(detail) ? 'unavailable' : 'forbidden';
}

/** A certificate that the controller cannot import is answered with 500, but it is not the controller that is ill. */
function isImportError(detail: string): boolean {
  return /import/i.test(detail) && /common_name/.test(detail);
}

const longest = 500;

/** Text of an error body: `error`, `detail`, or the fields that it names; at most 500 characters. */
export function detailOf(body: unknown): string {
  const text = typeof body === 'string' ? body : describe(body);
  return redact(text.length > longest ? `${text.slice(0, longest)}…` : text);
}

function describe(body: unknown): string {
  if (body === undefined) return 'no reply body';
  if (body === null || typeof body !== 'object') return JSON.stringify(body);
  const { error, detail } = body as { error?: unknown; detail?: unknown };
  if (typeof error === 'string') return error;
  if (typeof detail === 'string') return detail;
  return JSON.stringify(body);
}

/** Takes PEM blocks and values of secret fields out of a text. */
export function redact(text: string): string {
  return text
    .replace(/-----BEGIN[^-]*-----[\s\S]*?(-----END[^-]*-----|$)/g, '<redacted>')
    .replace(
      /("?(?:password|passphrase|token|client_secret|server_secret|key_passphrase|sessionid|csrftoken)"?\s*[:=]\s*)("[^"]*"|[^\s,;}]+)/gi,
      '$1<redacted>',
    );
}
