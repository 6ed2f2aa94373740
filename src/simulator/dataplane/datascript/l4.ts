/** `avi.l4.*` and protocol parsers: what DataScripts do with bytes of a connection (avi-model.md 2.9, 2.11). */
import { MAX_COLLECT } from '../l4/read-ahead.ts';
import { word, type AviFunction } from './arguments.ts';
import type { ScriptContext } from './context.ts';

function streamOf(context: ScriptContext): NonNullable<ScriptContext['stream']> {
  if (!context.stream) throw new Error('avi.l4 is for L4_REQUEST');
  return context.stream;
}

/**
 * Starts `avi.l4.collect(bytes)`; the script waits until they are there. When no more will come, the connection is closed
 * ("would be closed by the idle timers"), whatever the script does then.
 */
const collect: AviFunction = (context, args) => {
  const bytes = args[0];
  if (typeof bytes !== 'number' || bytes < 1 || bytes > MAX_COLLECT)
    throw new Error(`avi.l4.collect: not a number of bytes from 1 to ${MAX_COLLECT}`);
  const stream = streamOf(context);
  context.waiting = stream.collect(bytes).then(() => {
    if (stream.buffered().length < bytes) context.answer ??= { kind: 'close' };
    return undefined;
  });
  return undefined;
};

/** `avi.l4.read([bytes])`, 0 or none for all, in hexadecimal: text of this border is UTF-8 without NUL. */
const read: AviFunction = (context, args) => {
  const buffered = streamOf(context).buffered().subarray(0, MAX_COLLECT);
  const bytes = typeof args[0] === 'number' && args[0] !== 0 ? args[0] : buffered.length;
  if (bytes > buffered.length) throw new Error(`avi.l4.read: ${bytes} bytes are not there yet`);
  return buffered.subarray(0, bytes).toString('hex');
};

const done: AviFunction = (context) => {
  streamOf(context);
  context.streamDone = true;
  return undefined;
};

/** Code of a parser that the script's set refers to. */
const parser: AviFunction = ({ script }, args) => {
  const code = script?.parsers.get(word(args[0], 'parser name'));
  if (code === undefined)
    throw new Error(`protocol parser ${JSON.stringify(args[0])} is not referred to by the DataScript set`);
  return code;
};

/** By operation name. */
export const L4_FUNCTIONS: Readonly<Record<string, AviFunction>> = {
  'l4.collect': collect,
  'l4.collected': (context) => streamOf(context).buffered().length,
  'l4.read': read,
  'l4.ds_done': done,
  'vs.ds_done': done,
  'parser.code': parser,
};
