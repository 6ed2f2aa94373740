/** What an application profile changes in the answers of servers. */
import type { AnswerRules } from '../program/http-profile.ts';
import { editHeaders, type WireHeaders } from './header-edit.ts';
import type { ClientRequest } from './request.ts';

/** The answer's header lines with the profile's changes. */
export function applyAnswerRules(headers: WireHeaders, rules: AnswerRules, { scheme }: ClientRequest): WireHeaders {
  const lines = headers.map(([name, value]) => [name, changed(name.toLowerCase(), value, rules, scheme)] as const);
  if (rules.hsts === undefined || scheme !== 'https') return lines;
  return editHeaders(lines, [{ action: 'replace', header: 'Strict-Transport-Security', value: rules.hsts }]);
}

function changed(name: string, value: string, rules: AnswerRules, scheme: ClientRequest['scheme']): string {
  if (name === 'location' && rules.redirectsToHttps && scheme === 'https') return value.replace(/^http:/i, 'https:');
  if (name !== 'set-cookie') return value;
  const marked = rules.httpOnlyCookies ? withAttribute(value, 'HttpOnly') : value;
  return rules.secureCookies ? withAttribute(marked, 'Secure') : marked;
}

function withAttribute(cookie: string, attribute: string): string {
  const [, ...attributes] = cookie.split(';').map((part) => part.trim().toLowerCase());
  return attributes.includes(attribute.toLowerCase()) ? cookie : `${cookie}; ${attribute}`;
}
