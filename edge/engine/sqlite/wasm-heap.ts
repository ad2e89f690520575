/**
 * The memory of one WASM instance as the engine sees it: views that survive growth, and a bump arena for
 * texts that live only as long as one run.
 *
 * The arena is strictly last in, first out (runs nest, they never interleave); it is not an allocator.
 * Views fetched from here are stale after the next call into WASM that may grow the memory.
 */
import { Buffer } from 'node:buffer';
import type { Pointer, SqliteExports } from './exports.ts';

/** As much of WebAssembly.Memory as is used; Node's types do not have it. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

const ARENA_BYTES = 256 * 1024;
const ALIGNMENT = 8;

export class WasmHeap {
  readonly exports: SqliteExports;
  readonly #memory: WasmMemory;
  #bytes: Uint8Array = new Uint8Array(0);
  #buffer: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  readonly #arenaBase: Pointer;
  #arenaTop = 0;
  /** Pieces that did not fit the arena, in order of allocation. */
  readonly #overflow: Pointer[] = [];

  constructor(exports: SqliteExports, memory: WasmMemory) {
    this.exports = exports;
    this.#memory = memory;
    this.#reload();
    this.#arenaBase = this.malloc(ARENA_BYTES);
  }

  get byteLength(): number {
    return this.#memory.buffer.byteLength;
  }

  /** The whole memory; a grown memory detaches the old view, which then has length 0. */
  get bytes(): Uint8Array {
    if (this.#bytes.byteLength === 0) this.#reload();
    return this.#bytes;
  }

  get buffer(): Buffer {
    if (this.#buffer.byteLength === 0) this.#reload();
    return this.#buffer;
  }

  get view(): DataView {
    if (this.#bytes.byteLength === 0) this.#reload();
    return this.#view;
  }

  /** @throws RangeError when the memory cannot grow */
  malloc(bytes: number): Pointer {
    const pointer = this.exports.malloc(bytes);
    if (pointer === 0) throw new RangeError(`out of WASM memory (${bytes} bytes asked)`);
    return pointer;
  }

  mallocText(text: string): { readonly pointer: Pointer; readonly bytes: number } {
    const bytes = Buffer.byteLength(text);
    const pointer = this.malloc(bytes + 1);
    this.buffer.write(text, pointer, 'utf8');
    this.bytes[pointer + bytes] = 0;
    return { pointer, bytes };
  }

  /** Where the arena stands; give it to `release` when the run ends. */
  mark(): number {
    return this.#arenaTop;
  }

  overflowMark(): number {
    return this.#overflow.length;
  }

  release(mark: number, overflowMark: number): void {
    this.#arenaTop = mark;
    while (this.#overflow.length > overflowMark) this.exports.free(this.#overflow.pop() ?? 0);
  }

  /** Memory until the mark before it is released; never 0, even for no bytes. */
  scratch(bytes: number): Pointer {
    const end = this.#arenaTop + bytes;
    if (end <= ARENA_BYTES) {
      const pointer = this.#arenaBase + this.#arenaTop;
      this.#arenaTop = (end + ALIGNMENT) & ~(ALIGNMENT - 1);
      return pointer;
    }
    const pointer = this.malloc(Math.max(bytes, 1));
    this.#overflow.push(pointer);
    return pointer;
  }

  /** Writes the text into scratch memory; its length is left in `lastTextBytes`. */
  scratchText(text: string): Pointer {
    // 3 bytes is the most that one UTF-16 unit becomes; a long text is measured instead.
    const most = text.length < 1024 ? text.length * 3 : Buffer.byteLength(text);
    const pointer = this.scratch(most + 1);
    this.lastTextBytes = text.length === 0 ? 0 : this.buffer.write(text, pointer, most, 'utf8');
    this.bytes[pointer + this.lastTextBytes] = 0;
    return pointer;
  }

  lastTextBytes = 0;

  scratchBytes(source: Uint8Array): Pointer {
    const pointer = this.scratch(source.length);
    this.bytes.set(source, pointer);
    return pointer;
  }

  utf8(pointer: Pointer, bytes: number): string {
    if (bytes === 0) return '';
    return this.buffer.toString('utf8', pointer, pointer + bytes);
  }

  /** A zero-terminated text; '' for the null pointer. */
  cstring(pointer: Pointer): string {
    if (pointer === 0) return '';
    const bytes = this.bytes;
    return this.utf8(pointer, bytes.indexOf(0, pointer) - pointer);
  }

  poke32(pointer: Pointer, value: number): void {
    this.view.setInt32(pointer, value, true);
  }

  peek32(pointer: Pointer): number {
    return this.view.getInt32(pointer, true);
  }

  poke64(pointer: Pointer, value: bigint): void {
    this.view.setBigInt64(pointer, value, true);
  }

  pokeDouble(pointer: Pointer, value: number): void {
    this.view.setFloat64(pointer, value, true);
  }

  #reload(): void {
    const memory = this.#memory.buffer;
    this.#bytes = new Uint8Array(memory);
    this.#buffer = Buffer.from(memory);
    this.#view = new DataView(memory);
  }
}
