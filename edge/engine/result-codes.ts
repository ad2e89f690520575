/**
 * From SQLite's result code to what is thrown. World's faults become EdgeErrors with PostgreSQL's words;
 * a code that only a fault of ours explains (bad SQL text, a wrong bind) becomes a plain Error, which the
 * client sees as XX000.
 */
import { EdgeError } from '../errors.ts';
import { SqliteConstraintError } from './constraint-error.ts';
import { RC } from './sqlite/codes.ts';

const PRIMARY_CODE_MASK = 0xff;
const DISK_FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** SQLite's own words for errors of its built-in functions, where they can only be about the user's data. */
const BUILT_IN_FUNCTION_ERRORS: ReadonlyMap<string, () => EdgeError> = new Map([
  ['integer overflow', () => new EdgeError('numeric_value_out_of_range', 'bigint out of range')],
  [
    'malformed JSON',
    () => new EdgeError('invalid_text_representation', 'invalid input syntax for type json'),
  ],
]);

/** @param sql shown in the log only, when the fault is ours */
export function errorOfResult(extendedCode: number, message: string, sql: string): Error {
  switch (extendedCode & PRIMARY_CODE_MASK) {
    case RC.constraint:
      return new SqliteConstraintError(extendedCode, message);
    case RC.full:
      return new EdgeError('disk_full', 'could not extend file: No space left on device', {
        hint: 'Check free disk space.',
      });
    case RC.ioerr:
      if (extendedCode === RC.ioerrNomem) return outOfMemory(message);
      return new EdgeError('io_error', 'could not access the database file', { detail: message });
    case RC.nomem:
      return outOfMemory(message);
    case RC.corrupt:
    case RC.notADb:
      return new EdgeError('data_corrupted', 'the database file is damaged', { detail: message });
    case RC.busy:
    case RC.protocol:
      return new EdgeError('lock_not_available', 'could not obtain lock on the database file');
    case RC.locked:
      return new EdgeError(
        'object_in_use',
        'cannot change an object that is being used by active queries in this session',
      );
    case RC.readonly:
      return new EdgeError('read_only_sql_transaction', 'cannot write in a read-only transaction');
    case RC.tooBig:
      return new EdgeError('program_limit_exceeded', 'value or statement is too large');
    default: {
      const builtIn = BUILT_IN_FUNCTION_ERRORS.get(message);
      if (builtIn !== undefined) return builtIn();
      return new Error(`SQLite: ${message} (code ${extendedCode}) in: ${sql}`);
    }
  }
}

/** True where there is no room, as SQLite says it or as the file system does. */
export function isDiskFull(error: unknown): boolean {
  if (error instanceof EdgeError) return error.condition === 'disk_full';
  return DISK_FULL.has((error as NodeJS.ErrnoException).code ?? '');
}

function outOfMemory(detail: string): EdgeError {
  return new EdgeError('out_of_memory', 'out of memory', { detail });
}

/** Wall 2's refusal, in PostgreSQL's words. */
export function permissionDenied(table: string): EdgeError {
  return new EdgeError('insufficient_privilege', `permission denied for table ${table}`);
}
