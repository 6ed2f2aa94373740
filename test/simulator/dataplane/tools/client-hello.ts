/** A vector: its length in so many bytes, then its content. */
function vector(bytes: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length = Buffer.alloc(bytes);
  length.writeUIntBE(body.length, 0, bytes);
  return Buffer.concat([length, body]);
}

const word = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);

export interface HelloOptions {
  /** Extensions before server_name, as type and content. */
  readonly before?: readonly (readonly [number, Buffer])[];
  /** Bytes of the hello in the first record; the rest is in a second one. Absent: one record. */
  readonly firstRecord?: number;
}

/** The records of a TLS 1.2 ClientHello (RFC 5246 section 7.4.1.2, RFC 6066 section 3); undefined: without a name. */
export function clientHello(name: string | undefined, { before = [], firstRecord }: HelloOptions = {}): Buffer {
  const names = name === undefined ? [] : [[0, vector(2, Buffer.from([0]), vector(2, Buffer.from(name)))] as const];
  const extensions = [...before, ...names].map(([type, content]) => Buffer.concat([word(type), vector(2, content)]));
  const body = Buffer.concat([
    word(0x0303),
    Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(32, 9)),
    vector(2, word(0xc02f), word(0x009c)),
    vector(1, Buffer.from([0])),
    vector(2, ...extensions),
  ]);
  const hello = Buffer.concat([Buffer.from([1]), vector(3, body)]);
  const split = firstRecord ?? hello.length;
  const records = [hello.subarray(0, split), hello.subarray(split)].filter(({ length }) => length > 0);
  return Buffer.concat(records.map((record) => Buffer.concat([Buffer.from([22, 3, 1]), vector(2, record)])));
}
