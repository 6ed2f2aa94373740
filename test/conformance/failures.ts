const keptLines = 8;
/** Of a longer line its start and its end; the suite prints the request before what was wrong with the answer. */
const [longestStart, longestEnd] = [120, 280];

const head = /^=== (?:RUN|NAME|CONT|PAUSE)\s+(\S+)/;
const result = /^\s*--- (FAIL|PASS|SKIP): (\S+) \(/;
/** The trace of an assertion, and what the suite says while it cleans up. */
const noise = /^\s+(?:(?:Error Trace:)?\s+\S+\.go:\d+$|apply\.go:\d+:)/;

/** What the suite's log (of `-test.v`) says last of each failed test that has no failed test within; `name: lines`. */
export function failuresIn(log: string): readonly string[] {
  const said = new Map<string, string[]>();
  const failed = new Set<string>();
  let current: string[] = [];
  for (const line of log.split('\n')) {
    const [, name] = head.exec(line) ?? [];
    const [, outcome, ended] = result.exec(line) ?? [];
    if (ended !== undefined) {
      if (outcome === 'FAIL') failed.add(ended);
      current = [];
    } else if (name !== undefined) {
      current = said.get(name) ?? [];
      said.set(name, current);
    } else if (!noise.test(line)) current.push(line);
  }
  return [...failed]
    .filter((name) => ![...failed].some((other) => other.startsWith(`${name}/`)))
    .map((name) => [`${name}:`, ...lastOf(said.get(name) ?? [])].join('\n'));
}

function lastOf(lines: readonly string[]): readonly string[] {
  return lines.slice(-keptLines).map((line) => `  ${shortened(line.trim())}`);
}

function shortened(line: string): string {
  if (line.length <= longestStart + longestEnd) return line;
  return `${line.slice(0, longestStart)} … ${line.slice(-longestEnd)}`;
}
