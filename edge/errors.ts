/**
 * Every error that a client of the box may see, with PostgreSQL's SQLSTATEs.
 *
 * `EdgeError` is for the world's faults (bad SQL, a lock, a full disk): it is sent to the client as
 * an ErrorResponse. A fault of our own is a plain `Error` or a failed assertion: the client then sees
 * only XX000 and "internal error", and the log has the stack.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */

/** SQLSTATEs by PostgreSQL's condition names. One table: a raw five-letter code stands nowhere else. */
export const SQLSTATE = {
  successful_completion: '00000',
  warning: '01000',
  protocol_violation: '08P01',
  feature_not_supported: '0A000',
  cardinality_violation: '21000',
  string_data_right_truncation: '22001',
  numeric_value_out_of_range: '22003',
  null_value_not_allowed: '22004',
  invalid_datetime_format: '22007',
  datetime_field_overflow: '22008',
  invalid_time_zone_displacement_value: '22009',
  substring_error: '22011',
  division_by_zero: '22012',
  interval_field_overflow: '22015',
  character_not_in_repertoire: '22021',
  invalid_parameter_value: '22023',
  invalid_escape_sequence: '22025',
  invalid_argument_for_logarithm: '2201E',
  invalid_argument_for_power_function: '2201F',
  invalid_argument_for_width_bucket_function: '2201G',
  invalid_regular_expression: '2201B',
  sequence_generator_limit_exceeded: '2200H',
  invalid_row_count_in_limit_clause: '2201W',
  invalid_row_count_in_result_offset_clause: '2201X',
  invalid_text_representation: '22P02',
  invalid_binary_representation: '22P03',
  array_subscript_error: '2202E',
  untranslatable_character: '22P05',
  integrity_constraint_violation: '23000',
  not_null_violation: '23502',
  foreign_key_violation: '23503',
  unique_violation: '23505',
  check_violation: '23514',
  invalid_cursor_state: '24000',
  invalid_transaction_state: '25000',
  active_sql_transaction: '25001',
  read_only_sql_transaction: '25006',
  no_active_sql_transaction: '25P01',
  in_failed_sql_transaction: '25P02',
  idle_in_transaction_session_timeout: '25P03',
  invalid_sql_statement_name: '26000',
  dependent_objects_still_exist: '2BP01',
  invalid_authorization_specification: '28000',
  invalid_password: '28P01',
  invalid_catalog_name: '3D000',
  invalid_schema_name: '3F000',
  invalid_cursor_name: '34000',
  invalid_savepoint_specification: '3B001',
  serialization_failure: '40001',
  deadlock_detected: '40P01',
  syntax_error_or_access_rule_violation: '42000',
  syntax_error: '42601',
  insufficient_privilege: '42501',
  reserved_name: '42939',
  cannot_coerce: '42846',
  grouping_error: '42803',
  windowing_error: '42P20',
  invalid_recursion: '42P19',
  invalid_foreign_key: '42830',
  invalid_name: '42602',
  name_too_long: '42622',
  datatype_mismatch: '42804',
  indeterminate_datatype: '42P18',
  collation_mismatch: '42P21',
  wrong_object_type: '42809',
  generated_always: '428C9',
  undefined_column: '42703',
  undefined_function: '42883',
  undefined_table: '42P01',
  undefined_parameter: '42P02',
  undefined_object: '42704',
  duplicate_column: '42701',
  duplicate_cursor: '42P03',
  duplicate_database: '42P04',
  duplicate_prepared_statement: '42P05',
  duplicate_schema: '42P06',
  duplicate_table: '42P07',
  duplicate_alias: '42712',
  duplicate_object: '42710',
  ambiguous_column: '42702',
  ambiguous_function: '42725',
  ambiguous_parameter: '42P08',
  invalid_column_reference: '42P10',
  invalid_column_definition: '42611',
  invalid_table_definition: '42P16',
  invalid_object_definition: '42P17',
  with_check_option_violation: '44000',
  insufficient_resources: '53000',
  disk_full: '53100',
  out_of_memory: '53200',
  too_many_connections: '53300',
  configuration_limit_exceeded: '53400',
  program_limit_exceeded: '54000',
  statement_too_complex: '54001',
  too_many_columns: '54011',
  too_many_arguments: '54023',
  object_not_in_prerequisite_state: '55000',
  object_in_use: '55006',
  cant_change_runtime_param: '55P02',
  lock_not_available: '55P03',
  query_canceled: '57014',
  admin_shutdown: '57P01',
  crash_shutdown: '57P02',
  cannot_connect_now: '57P03',
  io_error: '58030',
  internal_error: 'XX000',
  data_corrupted: 'XX001',
} as const;

export type Condition = keyof typeof SQLSTATE;
export type Severity = 'ERROR' | 'FATAL' | 'PANIC';

/** The optional fields of an ErrorResponse, named as PostgreSQL names them. */
export interface ErrorFields {
  readonly severity?: Severity;
  readonly detail?: string;
  readonly hint?: string;
  /** 1-based character index into the query text. */
  readonly position?: number;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly dataType?: string;
  readonly constraint?: string;
  readonly cause?: unknown;
}

/** An error that is sent to the client as it stands. */
export class EdgeError extends Error {
  override readonly name = 'EdgeError';
  readonly condition: Condition;
  readonly fields: ErrorFields;

  constructor(condition: Condition, message: string, fields: ErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.condition = condition;
    this.fields = fields;
  }

  /** Five-character SQLSTATE of the condition. */
  get sqlstate(): string {
    return SQLSTATE[this.condition];
  }

  get severity(): Severity {
    return this.fields.severity ?? 'ERROR';
  }

  /** The same error with more fields: inner layers do not know positions or names, outer ones do. */
  with(fields: ErrorFields): EdgeError {
    return new EdgeError(this.condition, this.message, { ...fields, ...this.fields });
  }
}

/** `0A000`, naming what is refused. Position is 1-based, as PostgreSQL counts. */
export function notSupported(what: string, position?: number): EdgeError {
  return new EdgeError(
    'feature_not_supported',
    `${what} is not supported`,
    position === undefined ? {} : { position },
  );
}
