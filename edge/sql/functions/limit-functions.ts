/**
 * LIMIT and OFFSET values that are known only when the statement runs: PostgreSQL takes NULL for none and
 * refuses negative ones, SQLite does neither.
 */
import { EdgeError } from '../../errors.ts';
import type { ScalarFunction } from '../../types/sql-function.ts';

const NO_LIMIT = -1n;

/** `helios_limit` and `helios_offset`, which the printed text calls. */
export const LIMIT_FUNCTIONS: readonly ScalarFunction[] = [
  {
    name: 'helios_limit',
    argCount: 1,
    deterministic: true,
    invoke: ([value]) => {
      if (typeof value !== 'bigint') return NO_LIMIT;
      if (value >= 0n) return value;
      throw new EdgeError('invalid_row_count_in_limit_clause', 'LIMIT must not be negative');
    },
  },
  {
    name: 'helios_offset',
    argCount: 1,
    deterministic: true,
    invoke: ([value]) => {
      if (typeof value !== 'bigint') return 0n;
      if (value >= 0n) return value;
      throw new EdgeError(
        'invalid_row_count_in_result_offset_clause',
        'OFFSET must not be negative',
      );
    },
  },
];
