import { type Schema, isObject } from './schema-prose.ts';

/**
 * Returns a copy of a swagger property with what its description says as keywords. The swagger has neither enums nor
 * limits; its prose has them in fixed wordings. A wording that looks like one of them but cannot be read is an error.
 */
export function mine(field: Schema): Schema {
  const text = typeof field.description === 'string' ? withoutLicence(field.description) : '';
  const copy: Schema = { ...field, ...arrayLimits(text) };
  const value = { ...options(text), ...range(text, typeOf(field)), ...reference(text) };
  if (field.type !== 'array') return { ...copy, ...value };
  return { ...copy, items: { ...(isObject(field.items) ? field.items : {}), ...value } };
}

function typeOf(field: Schema): unknown {
  return isObject(field.items) ? field.items.type : field.type;
}

/** Which edition may use which value is a matter of the licence, not of the API. */
function withoutLicence(text: string): string {
  return text.replace(/\s*Allowed (in|with any value in) .*$/s, '').trim();
}

function options(text: string): Schema {
  if (!text.includes('Enum options - ')) return {};
  const found = /Enum options - ([A-Za-z0-9_\-., ]+?)(?:\. |\.$|$)/.exec(text)?.[1];
  if (!found) throw new Error(`cannot read the options in: ${text}`);
  return {
    enum: found
      .split(',')
      .map((option) => option.trim())
      .filter((option) => option !== ''),
  };
}

/**
 * Special values lie outside the range (0 for unlimited and the like). `minimum` and `maximum` are widened to hold them,
 * because alternatives of two ranges would spoil the generated types; the exact rule stands beside them.
 */
function range(text: string, type: unknown): Schema {
  if (type !== 'integer' && type !== 'number') return {};
  const list = /Allowed values are (\d+(?:,\d+)+)\./.exec(text)?.[1];
  if (list) return { enum: list.split(',').map(Number) };
  const found = /Allowed values are (-?\d+(?:\.\d+)?) ?- ?([-+]?\d+(?:\.\d+)?)\./.exec(text);
  if (!found) {
    if (text.includes('Allowed values are')) throw new Error(`cannot read the range in: ${text}`);
    return {};
  }
  const [low, high] = [Number(found[1]), Number(found[2])];
  const special = [...(/Special values are ([^.]*)\./.exec(text)?.[1] ?? '').matchAll(/(-?\d+) ?-/g)].map((each) =>
    Number(each[1]),
  );
  if (special.length === 0) return { minimum: low, maximum: high };
  return {
    minimum: Math.min(low, ...special),
    maximum: Math.max(high, ...special),
    'x-avi-range': [low, high],
    'x-avi-special': special,
  };
}

function arrayLimits(text: string): Schema {
  const least = /Minimum of (\d+) items required/.exec(text)?.[1];
  const most = /Maximum of (\d+) items allowed/.exec(text)?.[1];
  return { ...(least && { minItems: Number(least) }), ...(most && { maxItems: Number(most) }) };
}

function reference(text: string): Schema {
  const type = /It is a reference to an object of type (\w+)/.exec(text)?.[1];
  return type ? { 'x-avi-ref': type.toLowerCase() } : {};
}
