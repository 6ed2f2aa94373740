import { statusTest } from '../decide/match.ts';
import { byIndex, flag, object, objects, text, type Body } from './fields.ts';
import type { Resolve } from './resolve.ts';

/** Where clients are sent in place of an error of the data plane's own. */
export interface ErrorPage {
  readonly matches: (status: number) => boolean;
  readonly location: string;
}

/** Redirects of the ErrorPageProfile in their order. Bodies are objects of a type that the controller's description lacks. */
export function compileErrorPages(body: Body, resolve: Resolve): readonly ErrorPage[] {
  const profile = resolve(body['error_page_profile_ref'])?.body;
  return byIndex(objects(profile, 'error_pages')).flatMap((page) => {
    const location = text(page, 'error_redirect');
    if (!flag(page, 'enable', true) || location === undefined) return [];
    const match = object(page, 'match');
    return [{ location, matches: match ? statusTest(match) : () => true }];
  });
}
