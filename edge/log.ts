/**
 * Logging is pino, written in this thread: its transports do not survive bundling into one binary.
 * Every part takes a `Log` and never makes one, so that tests can listen.
 */
import { type Logger, pino } from 'pino';

export type Log = Logger;

/** A log that writes nowhere, for tests and tools. */
export const silentLog: Log = pino({ level: 'silent' });

/**
 * @param level pino level name
 * @param destination file path, or undefined for standard error
 */
export function createLog(level: string, destination?: string): Log {
  const stream =
    destination === undefined
      ? pino.destination({ dest: 2, sync: true })
      : pino.destination({ dest: destination, mkdir: true, sync: true });
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}
