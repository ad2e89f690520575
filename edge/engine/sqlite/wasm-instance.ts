/**
 * One instance of SQLite's WASM module: its exports, its heap, and the means to hand JS functions to it.
 * The main thread has one, each read worker has its own. Instances share nothing.
 */
import sqlite3InitModule from '@sqlite.org/sqlite-wasm';
import type { Pointer, SqliteExports } from './exports.ts';
import { WasmHeap, type WasmMemory } from './wasm-heap.ts';

export interface WasmInstance {
  readonly exports: SqliteExports;
  readonly heap: WasmHeap;
  /**
   * Puts a JS function into the function table. Letters of the signature: result, then arguments in
   * parentheses; i int, p pointer, j int64, d double, v nothing. The function must never throw: a throw
   * would unwind SQLite's own frames.
   */
  install(signature: string, callback: (...args: never[]) => unknown): Pointer;
  readonly libraryVersion: string;
}

/** The module's face as far as the engine knows it; the package's own types hide the raw exports. */
interface RawModule {
  readonly version: { readonly libVersion: string };
  readonly wasm: {
    readonly exports: unknown;
    readonly memory: WasmMemory;
    installFunction(signature: string, callback: unknown): Pointer;
  };
}

type Initialise = (options: {
  readonly wasmBinary: Uint8Array;
  readonly print: (text: string) => void;
  readonly printErr: (text: string) => void;
}) => Promise<RawModule>;

/** @param printErr takes what the module itself would write to standard error */
export async function createWasmInstance(
  wasmBinary: Uint8Array,
  printErr: (text: string) => void,
): Promise<WasmInstance> {
  const initialise = sqlite3InitModule as unknown as Initialise;
  const module = await initialise({ wasmBinary, print: printErr, printErr });
  const exports = module.wasm.exports as SqliteExports;
  return {
    exports,
    heap: new WasmHeap(exports, module.wasm.memory),
    install: (signature, callback) => module.wasm.installFunction(signature, callback),
    libraryVersion: module.version.libVersion,
  };
}
