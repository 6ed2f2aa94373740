/** Lists that a controller gives page by page. */
import { AviError } from './errors.ts';

/** A list of more pages than this is none. */
const mostPages = 10_000;

interface Page {
  readonly results?: readonly Readonly<Record<string, unknown>>[];
  readonly next?: unknown;
}

/**
 * All results of a list. What is deleted while it is read makes others move to pages that have been read already: they are missed.
 *
 * @throws AviError when a page is no list, or the pages do not end.
 */
export async function listPages<Options extends { readonly query?: Readonly<Record<string, string>> }>(
  request: (method: 'GET', path: string, options: Options) => Promise<{ readonly body: unknown }>,
  path: string,
  options: Options,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const place = path.split('?')[0] ?? path;
  const found: Readonly<Record<string, unknown>>[] = [];
  const seen = new Set<string>();
  let page = (await request('GET', path, options)).body as Page | undefined;
  // The address of the next page has the query in it.
  const rest = { ...options, query: undefined };
  for (;;) {
    const results = page?.results;
    if (!Array.isArray(results)) {
      throw new AviError('unavailable', { method: 'GET', path: place }, 'the reply is no list of results');
    }
    found.push(...(results as readonly Readonly<Record<string, unknown>>[]));
    if (!page?.next) return found;
    // `next` is absolute, under the name that the controller knows itself by; its session goes nowhere else.
    const next = /\/api\/.*/.exec(String(page.next))?.[0];
    if (next === undefined || seen.has(next) || seen.size >= mostPages) {
      throw new AviError('unavailable', { method: 'GET', path: place }, 'the pages of the list do not end');
    }
    seen.add(next);
    try {
      page = (await request('GET', next, rest)).body as Page | undefined;
    } catch (error) {
      // The list has become shorter meanwhile.
      if (error instanceof AviError && error.kind === 'notFound') return found;
      throw error;
    }
  }
}
