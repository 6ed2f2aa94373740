/** What servers say of thousands of objects is mostly the same few texts; parsing makes each anew. */

/** Shorter ones are kept once by the engine itself, longer ones are hardly ever the same. */
const [shortest, longest] = [11, 300];
const mostKnown = 20_000;

/** The same value, freshly parsed from JSON and nobody else's yet, with texts that are known in the place of equal ones. */
export type ShareStrings = <T>(value: T) => T;

/** Knows the texts of all values that it was given; make one for values that resemble one another and are kept. */
export function sharedStrings(): ShareStrings {
  const known = new Map<string, string>();
  const shared = (text: string): string => {
    if (text.length < shortest || text.length > longest) return text;
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size >= mostKnown) known.clear();
    known.set(text, text);
    return text;
  };
  const share: ShareStrings = (value) => {
    if (typeof value !== 'object' || value === null) return value;
    const fields = value as Record<string, unknown>;
    for (const key of Object.keys(fields)) {
      const field = fields[key];
      if (typeof field === 'string') fields[key] = shared(field);
      else share(field);
    }
    return value;
  };
  return share;
}
