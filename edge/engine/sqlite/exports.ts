/**
 * The raw WASM exports that the hot path calls, with their C signatures as TypeScript sees them:
 * pointers and ints are numbers, 64-bit integers are bigints. No wrapper converts anything here.
 */

export type Pointer = number;

export interface SqliteExports {
  malloc(bytes: number): Pointer;
  free(pointer: Pointer): void;
  sqlite3_malloc(bytes: number): Pointer;
  sqlite3_free(pointer: Pointer): void;
  sqlite3_vfs_register(vfs: Pointer, makeDefault: number): number;
  sqlite3_open_v2(path: Pointer, db: Pointer, flags: number, vfs: Pointer): number;
  sqlite3_close_v2(db: Pointer): number;
  sqlite3_extended_result_codes(db: Pointer, on: number): number;
  sqlite3_extended_errcode(db: Pointer): number;
  sqlite3_errmsg(db: Pointer): Pointer;
  sqlite3_limit(db: Pointer, id: number, value: number): number;
  sqlite3_get_autocommit(db: Pointer): number;
  sqlite3_changes64(db: Pointer): bigint;
  sqlite3_last_insert_rowid(db: Pointer): bigint;
  sqlite3_set_last_insert_rowid(db: Pointer, rowid: bigint): void;
  sqlite3_prepare_v3(
    db: Pointer,
    sql: Pointer,
    bytes: number,
    flags: number,
    statement: Pointer,
    tail: Pointer,
  ): number;
  sqlite3_finalize(statement: Pointer): number;
  sqlite3_step(statement: Pointer): number;
  sqlite3_reset(statement: Pointer): number;
  sqlite3_stmt_readonly(statement: Pointer): number;
  sqlite3_bind_parameter_count(statement: Pointer): number;
  sqlite3_bind_null(statement: Pointer, index: number): number;
  sqlite3_bind_int64(statement: Pointer, index: number, value: bigint): number;
  sqlite3_bind_double(statement: Pointer, index: number, value: number): number;
  sqlite3_bind_text(
    statement: Pointer,
    index: number,
    text: Pointer,
    bytes: number,
    destructor: number,
  ): number;
  sqlite3_bind_blob(
    statement: Pointer,
    index: number,
    blob: Pointer,
    bytes: number,
    destructor: number,
  ): number;
  sqlite3_column_count(statement: Pointer): number;
  sqlite3_column_type(statement: Pointer, column: number): number;
  sqlite3_column_int64(statement: Pointer, column: number): bigint;
  sqlite3_column_double(statement: Pointer, column: number): number;
  sqlite3_column_blob(statement: Pointer, column: number): Pointer;
  sqlite3_column_bytes(statement: Pointer, column: number): number;
  sqlite3_value_type(value: Pointer): number;
  sqlite3_value_int64(value: Pointer): bigint;
  sqlite3_value_double(value: Pointer): number;
  sqlite3_value_blob(value: Pointer): Pointer;
  sqlite3_value_text(value: Pointer): Pointer;
  sqlite3_value_bytes(value: Pointer): number;
  sqlite3_result_null(context: Pointer): void;
  sqlite3_result_int64(context: Pointer, value: bigint): void;
  sqlite3_result_int(context: Pointer, value: number): void;
  sqlite3_result_double(context: Pointer, value: number): void;
  sqlite3_result_text(context: Pointer, text: Pointer, bytes: number, destructor: number): void;
  sqlite3_result_blob(context: Pointer, blob: Pointer, bytes: number, destructor: number): void;
  sqlite3_result_error(context: Pointer, text: Pointer, bytes: number): void;
  sqlite3_aggregate_context(context: Pointer, bytes: number): Pointer;
  sqlite3_user_data(context: Pointer): Pointer;
  sqlite3_create_function_v2(
    db: Pointer,
    name: Pointer,
    argCount: number,
    flags: number,
    userData: Pointer,
    invoke: Pointer,
    step: Pointer,
    final: Pointer,
    destroy: Pointer,
  ): number;
  sqlite3_create_window_function(
    db: Pointer,
    name: Pointer,
    argCount: number,
    flags: number,
    userData: Pointer,
    step: Pointer,
    final: Pointer,
    value: Pointer,
    inverse: Pointer,
    destroy: Pointer,
  ): number;
  sqlite3_create_collation_v2(
    db: Pointer,
    name: Pointer,
    encoding: number,
    userData: Pointer,
    compare: Pointer,
    destroy: Pointer,
  ): number;
  sqlite3_set_authorizer(db: Pointer, callback: Pointer, userData: Pointer): number;
  sqlite3_progress_handler(db: Pointer, steps: number, callback: Pointer, userData: Pointer): void;
  sqlite3__wasm_db_config_ip(db: Pointer, operation: number, value: number, out: Pointer): number;
}
