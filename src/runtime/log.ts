import { type Logger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

/** Log lines of the process, on standard error. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  /** The same destination for a part that logs fields, by its name; `level` when it talks too much otherwise. */
  child(part: string, level?: string): Logger;
}

/**
 * @param json one JSON object a line; else lines for people
 * @param mode whether money is real: on every line
 */
export function createLog(level: string, json: boolean, mode?: 'simulated' | 'paper' | 'live'): Log {
  const target = json
    ? pino.destination({ fd: 2, sync: true })
    : PinoPretty({
        destination: 2,
        sync: true,
        ignore: 'pid,hostname,mode',
        ...(mode === undefined ? {} : { messageFormat: `${mode === 'live' ? 'LIVE' : mode} {msg}` }),
        translateTime: 'SYS:HH:MM:ss.l',
        colorize: process.stderr.isTTY === true,
      });
  const logger = pino(
    { level, base: mode === undefined ? null : { mode }, timestamp: pino.stdTimeFunctions.isoTime },
    target,
  );
  return {
    debug: (message) => logger.debug(message),
    info: (message) => logger.info(message),
    warn: (message) => logger.warn(message),
    error: (message) => logger.error(message),
    child: (part, level = logger.level) => logger.child({ part }, { level }),
  };
}
