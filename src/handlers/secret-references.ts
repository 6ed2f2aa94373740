import { isOurs, type HandlerContext } from './context.ts';

/** Follows those of the Secrets that a Gateway of ours names, and stops following those that none does any more. */
export function followSecrets(context: HandlerContext, secrets: Iterable<string>): void {
  for (const secret of secrets) {
    const used = [...context.references.gatewaysOfSecret(secret)].some((gateway) => isOurs(context, gateway));
    if (used) context.secrets.follow(secret);
    else context.secrets.unfollow(secret);
  }
}
