/** What servers say of thousands of objects is mostly the same few texts; parsing makes each anew. */

/** Shorter ones are kept once by the engine itself, longer ones are hardly ever the same. */
const [shortest, longest] = [11, 300];
const mostKnown = 20_000;
const known = new Map<string, string>();

/** The same value, freshly parsed from JSON and nobody else's yet, with texts that are known in the place of equal ones. */
export function shareStrings<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    const field = fields[key];
    if (typeof field === 'string') fields[key] = shared(field);
    else shareStrings(field);
  }
  return value;
}

function shared(text: string): string {
  if (text.length < shortest || text.length > longest) return text;
  const found = known.get(text);
  if (found !== undefined) return found;
  if (known.size >= mostKnown) known.clear();
  known.set(text, text);
  return text;
}
