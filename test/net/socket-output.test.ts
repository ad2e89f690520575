import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LIMITS } from '../../edge/limits.ts';
import { SocketOutput } from '../../edge/net/socket-output.ts';

/** A socket as far as the output looks at it. */
function fakeSocket(): { readonly socket: Socket; readonly written: string[]; unsent: number } {
  const state = { written: [] as string[], unsent: 0 };
  const socket = {
    writable: true,
    write: (bytes: Uint8Array) => state.written.push(Buffer.from(bytes).toString()),
    get writableLength() {
      return state.unsent;
    },
  };
  return Object.assign(state, { socket: socket as unknown as Socket });
}

function output(fake: { readonly socket: Socket }): {
  readonly it: SocketOutput;
  readonly calls: string[];
} {
  const calls: string[] = [];
  const one = new SocketOutput(
    fake.socket,
    () => calls.push('close'),
    () => calls.push('deaf'),
  );
  return { it: one, calls };
}

describe('SocketOutput', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('sends what was permitted and keeps the rest where it is', () => {
    const fake = fakeSocket();
    const { it: one } = output(fake);
    one.isBatching = true;
    one.writer.utf8('may leave');
    one.flush();
    one.writer.utf8(' must wait');
    expect(fake.written).toEqual([]);
    one.send();
    expect(fake.written).toEqual(['may leave']);
    one.isBatching = false;
    one.writer.truncate('may leave'.length);
    one.writer.utf8(', too');
    one.flush();
    expect(fake.written).toEqual(['may leave', ', too']);
    expect(one.writer.length).toBe(0);
  });

  it('discards only what was not permitted', () => {
    const fake = fakeSocket();
    const { it: one } = output(fake);
    one.isBatching = true;
    one.writer.utf8('a');
    one.flush();
    one.writer.utf8('b');
    one.discard();
    one.writer.utf8('c');
    one.flush();
    one.send();
    expect(fake.written.join('')).toBe('ac');
  });

  it('hands over a large answer without waiting for the turn’s end', () => {
    const fake = fakeSocket();
    const { it: one } = output(fake);
    one.isBatching = true;
    one.writer.utf8('x'.repeat(LIMITS.flushBytesMin));
    one.flush();
    expect(fake.written.join('')).toHaveLength(LIMITS.flushBytesMin);
  });

  it('says when the client takes too little, and when it takes again', async () => {
    const fake = fakeSocket();
    const { it: one } = output(fake);
    expect(one.drained()).toBeNull();
    fake.unsent = LIMITS.socketBacklogBytesMax + 1;
    const drained = one.drained();
    expect(one.drained()).toBe(drained);
    fake.unsent = 0;
    one.onDrain();
    await drained;
    expect(one.drained()).toBeNull();
  });

  it('cuts a client that takes nothing, and no client that takes something', () => {
    const fake = fakeSocket();
    const { it: one, calls } = output(fake);
    fake.unsent = 5_000_000;
    void one.drained();
    for (let minute = 0; minute < 3; minute += 1) {
      fake.unsent -= 1;
      vi.advanceTimersByTime(LIMITS.deafClientMsMax);
    }
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(LIMITS.deafClientMsMax);
    expect(calls).toEqual(['deaf']);
  });

  it('lets everyone go on when the socket is gone', async () => {
    const fake = fakeSocket();
    const { it: one, calls } = output(fake);
    fake.unsent = 5_000_000;
    const drained = one.drained();
    one.abandon();
    await drained;
    vi.advanceTimersByTime(LIMITS.deafClientMsMax * 2);
    expect(calls).toEqual([]);
    one.writer.utf8('x');
    one.flush();
    expect(fake.written).toEqual([]);
  });
});
