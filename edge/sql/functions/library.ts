/**
 * Everything that is installed into every SQLite connection, on the main instance and in the worker: one value, no
 * state of its own.
 */

import type { Clock } from '../../clock.ts';
import { systemClock } from '../../clock.ts';
import type { FunctionLibrary } from '../../types/sql-function.ts';
import { AGGREGATE_FUNCTIONS } from './aggregates.ts';
import { arrayCastFunction } from './array-cast.ts';
import { ARRAY_FUNCTIONS } from './array-functions.ts';
import { BYTEA_FUNCTIONS } from './bytea-functions.ts';
import { COLLATIONS } from './collations.ts';
import { FLOAT_FUNCTIONS } from './float-functions.ts';
import { INTEGER_FUNCTIONS } from './integer-functions.ts';
import { JSON_AGGREGATES } from './json-aggregates.ts';
import { JSON_FUNCTIONS } from './json-functions.ts';
import { JSON_MEMBER_FUNCTIONS } from './json-members.ts';
import { LIKE_FUNCTIONS } from './like-pattern.ts';
import { LIMIT_FUNCTIONS } from './limit-functions.ts';
import { NUMERIC_FUNCTIONS } from './numeric-sql.ts';
import { QUOTING_FUNCTIONS } from './quoting-functions.ts';
import { REGEX_FUNCTIONS } from './regex-functions.ts';
import { SESSION_FUNCTIONS } from './session-functions.ts';
import { TEMPLATE_FUNCTIONS } from './template-functions.ts';
import { TEXT_FUNCTIONS } from './text-functions.ts';
import { timeFunctions } from './time-functions.ts';
import { asWindow } from './window-aggregate.ts';

/** The library over a clock: clock_timestamp() is the only function that looks at it. */
export function makeFunctionLibrary(clock: Clock): FunctionLibrary {
  const scalars = [
    ...INTEGER_FUNCTIONS,
    ...FLOAT_FUNCTIONS,
    ...NUMERIC_FUNCTIONS,
    ...TEXT_FUNCTIONS,
    ...QUOTING_FUNCTIONS,
    ...BYTEA_FUNCTIONS,
    ...LIKE_FUNCTIONS,
    ...LIMIT_FUNCTIONS,
    ...REGEX_FUNCTIONS,
    ...SESSION_FUNCTIONS,
    ...timeFunctions(clock),
    ...JSON_FUNCTIONS,
    ...JSON_MEMBER_FUNCTIONS,
    ...ARRAY_FUNCTIONS,
    ...TEMPLATE_FUNCTIONS,
  ];
  return {
    scalars: [...scalars, arrayCastFunction(scalars)],
    aggregates: [...AGGREGATE_FUNCTIONS, ...JSON_AGGREGATES].map(asWindow),
    collations: COLLATIONS,
  };
}

/** The SQL functions, aggregates and collations that printed statements call. */
export const functionLibrary: FunctionLibrary = makeFunctionLibrary(systemClock);
