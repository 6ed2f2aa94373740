/** JSON logs on stdout by winston, without secrets, with a level that can be changed while running. */
import { createLogger as createWinston, format, transports, type Logger as Winston } from 'winston';
import { redact } from '../avi/errors.ts';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Named values beside a message. Errors are written with their message and code. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** A logger that adds fields to everything. */
  child(fields: LogFields): Logger;
  level(): LogLevel;
  setLevel(level: LogLevel): void;
}

/** @param stream where the lines go; default stdout. */
export function createLogger(level: LogLevel = 'info', stream: NodeJS.WritableStream = process.stdout): Logger {
  surviveClosedPipe(stream);
  const winston = createWinston({
    level,
    format: format.combine(format.timestamp(), format.json()),
    transports: [new transports.Stream({ stream })],
  });
  return wrap(winston, winston, {});
}

/** Drops everything; for commands that print their own output, and tests. */
export function silentLogger(): Logger {
  const nothing = (): void => undefined;
  const logger: Logger = {
    error: nothing,
    warn: nothing,
    info: nothing,
    debug: nothing,
    child: () => logger,
    level: () => 'error',
    setLevel: nothing,
  };
  return logger;
}

function wrap(root: Winston, winston: Winston, fixed: LogFields): Logger {
  const write =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (!root.isLevelEnabled(level)) return;
      winston.log({ ...(clean({ ...fixed, ...fields }, 0) as LogFields), level, message: redact(message) });
    };
  return {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    child: (fields) => wrap(root, winston, { ...fixed, ...fields }),
    level: () => root.level as LogLevel,
    setLevel: (level) => void (root.level = level),
  };
}

const secretField =
  /^(key|data|stringData|authorization|cookie|set-cookie|csrftoken|sessionid)$|password|passphrase|secret$|token/i;
const deepest = 6;

/** A value as it may be written: secret fields and PEM keys replaced, errors as plain fields, depth bounded. */
function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redact(value);
  if (value instanceof Error)
    return { message: redact(value.message), name: value.name, ...('code' in value && { code: value.code }) };
  if (value === null || typeof value !== 'object') return value;
  if (depth >= deepest) return '…';
  if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      secretField.test(name) && item !== null && item !== undefined ? '<redacted>' : clean(item, depth + 1),
    ]),
  );
}

/** A reader that goes away (`| head`) must not end the process. */
function surviveClosedPipe(stream: NodeJS.WritableStream): void {
  if (stream.listeners('error').some((listener) => listener === ignoreClosedPipe)) return;
  stream.on('error', ignoreClosedPipe);
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
}
