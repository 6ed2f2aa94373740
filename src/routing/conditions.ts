/**
 * Conditions in the words that AKO's users know (ako-facts.md section 4), with the specification's types and reasons.
 */
import type { ConditionDraft } from './result/findings.ts';

/** The messages of conditions that hold, as AKO writes them. */
export const messages = {
  classAccepted: 'GatewayClass is valid',
  gatewayAccepted: 'Gateway configuration is valid',
  someListenersValid: 'Gateway contains atleast one valid listener',
  noListenerValid: 'Gateway does not contain any valid listener',
  noListeners: 'No listeners found',
  notProgrammed: 'Gateway not programmed',
  listenerAccepted: 'Listener is valid',
  listenerInvalid: 'Listener is Invalid',
  listenerSetAccepted: 'ListenerSet is valid',
  someSetListenersValid: 'ListenerSet contains at least one valid listener',
  refsResolved: 'All the references are valid',
  parentAccepted: 'Parent reference is valid',
  programmed: 'Virtual service configured/updated',
  listenerNotProgrammed: 'Virtual service not configured/updated for this listener',
} as const;

export function holds(type: string, reason: string, message: string): ConditionDraft {
  return { type, status: 'True', reason, message };
}

export function fails(type: string, reason: string, message: string): ConditionDraft {
  return { type, status: 'False', reason, message };
}

/** Conditions hold at most this many characters of message (meta/v1 Condition). */
const longestMessage = 32768;

/** The message, cut to what a condition may hold. */
export function fitMessage(message: string): string {
  return message.length <= longestMessage ? message : `${message.slice(0, longestMessage - 1)}…`;
}

/** A message with the fields that are not honoured behind it, so that nothing is ignored in silence. */
export function withIgnored(message: string, ignored: readonly { readonly field: string; readonly message: string }[]) {
  if (ignored.length === 0) return message;
  return `${message}; ignored: ${ignored.map((entry) => `${entry.field} (${entry.message})`).join(', ')}`;
}
