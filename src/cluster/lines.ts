/**
 * The lines of a stream of UTF-8 bytes, without their ends; a last line without an end is left out, since it was cut.
 *
 * @param onBytes called whenever something arrives.
 */
export async function* readLines(body: AsyncIterable<Uint8Array> | null, onBytes: () => void): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body ?? []) {
    onBytes();
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.length > 0) yield line;
  }
}
