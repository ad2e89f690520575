import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdgeError } from '../../edge/errors.ts';
import { LIMITS } from '../../edge/limits.ts';
import { type Frame, FrameReader } from '../../edge/wire/frame-reader.ts';
import { sessionFrameCap } from '../../edge/wire/frontend.ts';
import { i32, message, raw, startup } from './bytes.ts';

const STREAM = raw(
  message('Q', 'select 1', 0),
  message('S'),
  message('d', 'x'.repeat(300)),
  message('H'),
  message('d', ''),
  message('X'),
);

function typedReader(): FrameReader {
  const reader = new FrameReader();
  reader.expectTyped(sessionFrameCap);
  return reader;
}

function readAll(reader: FrameReader): Frame[] {
  const frames: Frame[] = [];
  for (let frame = reader.next(); frame !== null; frame = reader.next()) frames.push(frame);
  return frames;
}

const shown = (frames: readonly Frame[]): string[] =>
  frames.map((frame) => `${String.fromCharCode(frame.type)}:${Buffer.from(frame.body).toString()}`);

const WHOLE = (() => {
  const reader = typedReader();
  reader.push(STREAM);
  return shown(readAll(reader));
})();

function failure(act: () => unknown): EdgeError {
  try {
    act();
  } catch (error) {
    if (error instanceof EdgeError) return error;
  }
  throw new Error('it did not fail');
}

describe('FrameReader', () => {
  it('finds the frames of a stream that comes whole', () => {
    expect(WHOLE).toEqual(['Q:select 1\0', 'S:', `d:${'x'.repeat(300)}`, 'H:', 'd:', 'X:']);
  });

  it('finds the same frames wherever the stream is cut in two', () => {
    for (let cut = 0; cut <= STREAM.length; cut += 1) {
      const reader = typedReader();
      reader.push(STREAM.subarray(0, cut));
      const frames = readAll(reader);
      reader.push(STREAM.subarray(cut));
      expect(shown([...frames, ...readAll(reader)])).toEqual(WHOLE);
      expect(reader.pendingBytes).toBe(0);
    }
  });

  it('finds the same frames byte by byte, and keeps those that it handed out', () => {
    const reader = typedReader();
    const frames: Frame[] = [];
    for (const byte of STREAM) {
      reader.push(Uint8Array.of(byte));
      frames.push(...readAll(reader));
    }
    expect(shown(frames)).toEqual(WHOLE);
  });

  it('finds the same frames in any pieces, read at any time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 120 }), fc.boolean()), { maxLength: 60 }),
        (pieces) => {
          const reader = typedReader();
          const frames: Frame[] = [];
          let at = 0;
          for (const [size, readsNow] of pieces) {
            // A copy of its own, as each chunk of a socket is.
            reader.push(Uint8Array.from(STREAM.subarray(at, at + size)));
            at += size;
            if (readsNow) frames.push(...readAll(reader));
          }
          reader.push(STREAM.subarray(at));
          frames.push(...readAll(reader));
          expect(shown(frames)).toEqual(WHOLE);
        },
      ),
    );
  });

  it('cuts a start-up packet at every offset', () => {
    const packet = startup({ user: 'acme', database: 'pos' });
    for (let cut = 0; cut < packet.length; cut += 1) {
      const reader = new FrameReader();
      reader.push(packet.subarray(0, cut));
      expect(reader.next()).toBeNull();
      reader.push(packet.subarray(cut));
      expect(Buffer.from(reader.next()?.body ?? []).equals(packet.subarray(4))).toBe(true);
    }
  });

  it.each([0, 1, 3, -1, -2147483648])('refuses the length %i', (length) => {
    const reader = typedReader();
    reader.push(raw('Q', i32(length)));
    const error = failure(() => reader.next());
    expect([error.sqlstate, error.severity, error.message]).toEqual([
      '08P01',
      'FATAL',
      'invalid message length',
    ]);
  });

  it('refuses a length beyond the cap before the bytes come', () => {
    const reader = typedReader();
    reader.push(raw('Q', i32(LIMITS.frameBytesMax + 5)));
    expect(failure(() => reader.next()).sqlstate).toBe('08P01');
    const small = typedReader();
    small.push(raw('S', i32(20_000)));
    expect(failure(() => small.next()).sqlstate).toBe('08P01');
    const first = new FrameReader();
    first.push(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    expect(failure(() => first.next()).message).toBe('invalid length of startup packet');
  });

  it('refuses an unknown type by its first byte', () => {
    const reader = typedReader();
    reader.push(Buffer.from('z'));
    expect(failure(() => reader.next()).message).toBe('invalid frontend message type 122');
  });

  it('takes no memory for a length that nothing follows', () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 50 }, () => {
      const reader = typedReader();
      reader.push(raw('Q', i32(LIMITS.frameBytesMax), 'x'));
      expect(reader.next()).toBeNull();
      reader.push(Buffer.from('y'));
      expect(reader.next()).toBeNull();
      return reader;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
    expect(readers).toHaveLength(50);
  });
});
