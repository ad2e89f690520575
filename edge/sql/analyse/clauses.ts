/**
 * Where aggregates and window calls may not stand; messages name the clause as PostgreSQL does.
 */
import type { Clause } from './scope.ts';

/** No aggregates here. */
export const AGGREGATES_REFUSED: ReadonlySet<Clause> = new Set([
  'WHERE',
  'GROUP BY',
  'JOIN conditions',
  'FILTER',
  'LIMIT',
  'OFFSET',
  'VALUES',
  'RETURNING',
  'UPDATE',
  'functions in FROM',
  'check constraints',
  'DEFAULT expressions',
  'EXECUTE parameters',
]);

/** No window calls here. */
export const WINDOWS_REFUSED: ReadonlySet<Clause> = new Set([...AGGREGATES_REFUSED, 'HAVING']);
