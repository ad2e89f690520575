/**
 * Logging is pino, written in this thread: its transports do not survive bundling into one binary.
 * Every part takes a `Log` and never makes one, so that tests can listen.
 */
import { type Logger, pino } from 'pino';
import { RotatingFile } from './rotating-file.ts';

export type Log = Logger;

/** A log that writes nowhere, for tests and tools. */
export const silentLog: Log = pino({ level: 'silent' });

export interface LogFile {
  readonly path: string;
  /** Size at which the file is rotated. */
  readonly bytesMax: number;
}

/**
 * @param level pino level name
 * @param file where to write, or null for standard error
 */
export function createLog(level: string, file: LogFile | null): Log {
  const stream =
    file === null
      ? pino.destination({ dest: 2, sync: true })
      : new RotatingFile(file.path, file.bytesMax);
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}
