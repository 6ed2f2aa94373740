/** Syntax of HTTP header names and values (RFC 9110 section 5), so that no value can end a header and begin another. */

const token = /^[A-Za-z0-9!#$%&'*+\-.^_|~`]+$/;
const longestName = 256;
const del = 0x7f;
const space = 0x20;
const tab = 0x09;

/** What is wrong with a header's or query parameter's name; undefined when nothing is. */
export function headerNameProblem(name: string): string | undefined {
  if (name.length > longestName) return `must not be longer than ${longestName} characters`;
  return token.test(name) ? undefined : 'must consist of letters, digits and the characters of an HTTP token';
}

/** Whether text holds a control character other than a tab: line ends, NUL, DEL. */
export function hasControlCharacter(value: string): boolean {
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index);
    if ((code < space && code !== tab) || code === del) return true;
  }
  return false;
}
