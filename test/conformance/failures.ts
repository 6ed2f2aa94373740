const longest = 400;
/** How the assertions of the suite begin what they say. */
const block = /^\s+Error Trace:/;
const trace = /^\s+(Error Trace:)?\s+\S+\.go:\d+$/;
const inBlock = /^\s{8}\s/;

/**
 * What the suite's log says of each failed assertion: the two lines before it, which have the last thing that was seen,
 * then error, test and message, without the trace.
 */
export function failuresIn(log: string): readonly string[] {
  const lines = log.split('\n');
  return lines.flatMap((line, at) => {
    if (!block.test(line)) return [];
    const end = lines.findIndex((later, index) => index > at && !inBlock.test(later.replaceAll('\t', '    ')));
    // The line right before the block has the place of the assertion alone.
    const before = lines.slice(Math.max(0, at - 3), Math.max(0, at - 1));
    const said = lines.slice(at, end < 0 ? undefined : end).filter((text) => !trace.test(text));
    return [[...before, ...said].map((text) => text.trim().slice(0, longest)).join('\n')];
  });
}
