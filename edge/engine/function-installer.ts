/**
 * Gives SQLite our functions, aggregates and collations. The JS callbacks enter the function table once
 * per WASM instance; each connection then registers them by pointer.
 *
 * What a function throws is kept in the run's context and thrown again, as it was, once SQLite has
 * returned; SQLite itself is told no more than "error". All functions are marked innocuous, because guard views
 * and triggers, which the schema holds, must call them while the schema is not trusted.
 */
import { EdgeError } from '../errors.ts';
import type { AggregateFunction, FunctionLibrary, ScalarFunction } from '../types/sql-function.ts';
import { KIND, type SqlValue } from '../types/storage.ts';
import { type RunContext, type RunState, SYSTEM_SESSION } from './run-context.ts';
import { DESTRUCTOR, FUNCTION_FLAG } from './sqlite/codes.ts';
import type { Pointer, SqliteExports } from './sqlite/exports.ts';
import type { WasmHeap } from './sqlite/wasm-heap.ts';
import type { WasmInstance } from './sqlite/wasm-instance.ts';

const FLAGS = FUNCTION_FLAG.utf8 | FUNCTION_FLAG.innocuous;
const POINTER_BYTES = 4;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** Registers the whole library with one connection. */
export type InstallFunctions = (db: Pointer) => void;

export function prepareFunctions(
  instance: WasmInstance,
  state: RunState,
  library: FunctionLibrary,
): InstallFunctions {
  const installer = new FunctionInstaller(instance, state);
  const registrations: InstallFunctions[] = [
    installer.merchant(),
    installer.mayWrite(),
    installer.commitNumber(),
    ...library.scalars.map((scalar) => installer.scalar(scalar)),
    ...library.aggregates.map((aggregate) => installer.aggregate(aggregate)),
    ...library.collations.map((collation) =>
      installer.collation(collation.name, collation.compare),
    ),
  ];
  return (db) => {
    for (const register of registrations) register(db);
  };
}

class FunctionInstaller {
  readonly #instance: WasmInstance;
  readonly #heap: WasmHeap;
  readonly #exports: SqliteExports;
  readonly #state: RunState;
  readonly #errorText: { readonly pointer: Pointer; readonly bytes: number };

  constructor(instance: WasmInstance, state: RunState) {
    this.#instance = instance;
    this.#heap = instance.heap;
    this.#exports = instance.exports;
    this.#state = state;
    this.#errorText = instance.heap.mallocText('error in a function');
  }

  /**
   * The guard's function: copies nothing, and raises when no merchant is set. Not deterministic for SQLite,
   * which would put it in place of the merchant column, in the barrier's question too.
   */
  merchant(): InstallFunctions {
    return this.#function('helios_merchant', 0, false, (context) => {
      const merchant = this.#state.current?.session.merchant ?? null;
      if (merchant === null) {
        throw new EdgeError('insufficient_privilege', 'no merchant is set for this session');
      }
      const text = this.#state.merchants.of(merchant);
      this.#exports.sqlite3_result_text(context, text.pointer, text.bytes, DESTRUCTOR.static);
    });
  }

  /** Wall 3's question: may the session's role write a row of this merchant? */
  mayWrite(): InstallFunctions {
    return this.#function('helios_may_write', 1, false, (context, _count, values) => {
      this.#exports.sqlite3_result_int(
        context,
        this.#mayWriteRowOf(this.#heap.peek32(values)) ? 1 : 0,
      );
    });
  }

  #mayWriteRowOf(value: Pointer): boolean {
    const session = this.#state.current?.session;
    if (session === undefined) return false;
    if (session.role === 'admin' || session.role === 'system') return true;
    if (session.merchant === null) return false;
    const stored = this.#value(value);
    return typeof stored === 'bigint'
      ? stored.toString() === session.merchant
      : stored === session.merchant;
  }

  commitNumber(): InstallFunctions {
    return this.#function('helios_commit_number', 0, false, (context) => {
      const number = this.#state.current?.commitNumber ?? 0n;
      if (number === 0n) throw new Error('helios_commit_number() outside a write transaction');
      this.#exports.sqlite3_result_int64(context, number);
    });
  }

  scalar(definition: ScalarFunction): InstallFunctions {
    const { invoke } = definition;
    return this.#function(
      definition.name,
      definition.argCount,
      definition.deterministic,
      (context, count, values) => {
        const session = this.#state.current?.session ?? SYSTEM_SESSION;
        this.#result(context, invoke(this.#arguments(count, values), session));
      },
    );
  }

  aggregate(definition: AggregateFunction): InstallFunctions {
    const accumulators = new Map<number, unknown>();
    let lastId = 0;
    const accumulator = (context: Pointer): unknown => {
      const slot = this.#exports.sqlite3_aggregate_context(context, POINTER_BYTES);
      const id = this.#heap.peek32(slot);
      if (id !== 0) return accumulators.get(id);
      lastId = lastId >= 0x7fffffff ? 1 : lastId + 1;
      this.#heap.poke32(slot, lastId);
      const made = definition.create();
      accumulators.set(lastId, made);
      return made;
    };
    const session = () => this.#state.current?.session ?? SYSTEM_SESSION;
    const step = this.#callback('v(pip)', (context, count, values) =>
      definition.step(accumulator(context), this.#arguments(count, values), session()),
    );
    const final = this.#callback('v(p)', (context) => {
      const slot = this.#exports.sqlite3_aggregate_context(context, 0);
      const id = slot === 0 ? 0 : this.#heap.peek32(slot);
      const held = id === 0 ? definition.create() : accumulators.get(id);
      accumulators.delete(id);
      // SQLite also finalises what failed midway; its value is then of no use.
      if ((this.#state.current?.thrown ?? null) === null) {
        this.#result(context, definition.value(held, session()));
      }
    });
    const { inverse } = definition;
    const name = this.#heap.mallocText(definition.name).pointer;
    if (inverse === undefined) {
      return (db) =>
        this.#check(
          definition.name,
          this.#exports.sqlite3_create_function_v2(
            db,
            name,
            definition.argCount,
            FLAGS,
            0,
            0,
            step,
            final,
            0,
          ),
        );
    }
    const value = this.#callback('v(p)', (context) =>
      this.#result(context, definition.value(accumulator(context), session())),
    );
    const invert = this.#callback('v(pip)', (context, count, values) =>
      inverse(accumulator(context), this.#arguments(count, values)),
    );
    return (db) =>
      this.#check(
        definition.name,
        this.#exports.sqlite3_create_window_function(
          db,
          name,
          definition.argCount,
          FLAGS,
          0,
          step,
          final,
          value,
          invert,
          0,
        ),
      );
  }

  collation(name: string, compare: (left: string, right: string) => number): InstallFunctions {
    const callback = this.#instance.install(
      'i(pipip)',
      (_data: Pointer, leftBytes: number, left: Pointer, rightBytes: number, right: Pointer) => {
        try {
          return Math.sign(
            compare(this.#heap.utf8(left, leftBytes), this.#heap.utf8(right, rightBytes)),
          );
        } catch (error) {
          this.#stash(error);
          return 0;
        }
      },
    );
    const namePointer = this.#heap.mallocText(name).pointer;
    return (db) =>
      this.#check(
        name,
        this.#exports.sqlite3_create_collation_v2(
          db,
          namePointer,
          FUNCTION_FLAG.utf8,
          0,
          callback,
          0,
        ),
      );
  }

  #function(
    name: string,
    argCount: number,
    deterministic: boolean,
    body: (context: Pointer, count: number, values: Pointer) => void,
  ): InstallFunctions {
    const callback = this.#callback('v(pip)', body);
    const namePointer = this.#heap.mallocText(name).pointer;
    const flags = FLAGS | (deterministic ? FUNCTION_FLAG.deterministic : 0);
    return (db) =>
      this.#check(
        name,
        this.#exports.sqlite3_create_function_v2(
          db,
          namePointer,
          argCount,
          flags,
          0,
          callback,
          0,
          0,
          0,
        ),
      );
  }

  #callback(
    signature: string,
    body: (context: Pointer, count: number, values: Pointer) => void,
  ): Pointer {
    return this.#instance.install(signature, (context: Pointer, count: number, values: Pointer) => {
      try {
        body(context, count, values);
      } catch (error) {
        this.#stash(error);
        this.#exports.sqlite3_result_error(context, this.#errorText.pointer, this.#errorText.bytes);
      }
    });
  }

  #stash(error: unknown): void {
    const run: RunContext | null = this.#state.current;
    if (run !== null && run.thrown === null)
      run.thrown = error ?? new Error('a function threw nothing');
  }

  #check(name: string, code: number): void {
    if (code !== 0)
      throw new Error(`SQLite refused the function or collation ${name} (code ${code})`);
  }

  #arguments(count: number, values: Pointer): readonly SqlValue[] {
    const args: SqlValue[] = [];
    for (let index = 0; index < count; index += 1) {
      args.push(this.#value(this.#heap.peek32(values + index * POINTER_BYTES)));
    }
    return args;
  }

  #value(value: Pointer): SqlValue {
    switch (this.#exports.sqlite3_value_type(value)) {
      case KIND.integer:
        return this.#exports.sqlite3_value_int64(value);
      case KIND.real:
        return this.#exports.sqlite3_value_double(value);
      case KIND.text: {
        const pointer = this.#exports.sqlite3_value_text(value);
        return this.#heap.utf8(pointer, this.#exports.sqlite3_value_bytes(value));
      }
      case KIND.blob: {
        const pointer = this.#exports.sqlite3_value_blob(value);
        return this.#heap.bytes.slice(pointer, pointer + this.#exports.sqlite3_value_bytes(value));
      }
      default:
        return null;
    }
  }

  #result(context: Pointer, value: SqlValue): void {
    if (value === null) return this.#exports.sqlite3_result_null(context);
    if (typeof value === 'bigint') {
      if (value < INT64_MIN || value > INT64_MAX) {
        throw new EdgeError('numeric_value_out_of_range', 'bigint out of range');
      }
      return this.#exports.sqlite3_result_int64(context, value);
    }
    if (typeof value === 'number') return this.#exports.sqlite3_result_double(context, value);
    const mark = this.#heap.mark();
    const overflow = this.#heap.overflowMark();
    try {
      if (typeof value === 'string') {
        const text = this.#heap.scratchText(value);
        this.#exports.sqlite3_result_text(
          context,
          text,
          this.#heap.lastTextBytes,
          DESTRUCTOR.transient,
        );
      } else {
        const blob = this.#heap.scratchBytes(value);
        this.#exports.sqlite3_result_blob(context, blob, value.length, DESTRUCTOR.transient);
      }
    } finally {
      this.#heap.release(mark, overflow);
    }
  }
}
