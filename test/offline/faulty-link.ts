/**
 * The line between box and cloud as networks really behave: cut, slow, throttled, half open, answered
 * by someone else (a captive portal's page, a proxy's 500), or lost between the request and its answer.
 */
import { connect, createServer, type Socket } from 'node:net';

export type LinkMode =
  | 'up'
  | 'cut'
  /** Bytes arrive late. */
  | 'delayed'
  /** Bytes trickle. */
  | 'throttled'
  /** Connections are accepted and nothing is ever answered. */
  | 'half_open'
  /** An HTTP 500 comes back at once. */
  | 'error_500'
  /** A captive portal: 200 and a page. */
  | 'portal'
  /** The request reaches the cloud; its answer is lost. */
  | 'answer_lost';

export const LINK_MODES: readonly LinkMode[] = [
  'up',
  'cut',
  'delayed',
  'throttled',
  'half_open',
  'error_500',
  'portal',
  'answer_lost',
];

const DELAY_MS = 300;
const TRICKLE_BYTES = 512;
const TRICKLE_MS = 20;
const ANSWERS: Partial<Record<LinkMode, string>> = {
  error_500: 'HTTP/1.1 500 Internal Server Error\r\ncontent-length: 5\r\n\r\noops!',
  portal:
    'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 31\r\n\r\n<html>Accept the terms</html>\r\n',
};

export class FaultyLink {
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #server = createServer((near) => this.#accept(near));
  readonly #target: number;
  #mode: LinkMode = 'up';

  private constructor(target: number) {
    this.#target = target;
  }

  static async open(targetPort: number): Promise<FaultyLink> {
    const link = new FaultyLink(targetPort);
    await new Promise<void>((resolve) => link.#server.listen(0, '127.0.0.1', resolve));
    return link;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Changes how the line behaves; what is under way is dropped, as a real change would drop it. */
  become(mode: LinkMode): void {
    this.#mode = mode;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.become('cut');
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(near: Socket): void {
    this.#keep(near);
    const answer = ANSWERS[this.#mode];
    if (this.#mode === 'cut') near.destroy();
    else if (answer !== undefined) near.once('data', () => near.end(answer));
    else if (this.#mode === 'half_open') near.resume();
    else this.#relay(near, this.#mode);
  }

  #relay(near: Socket, mode: LinkMode): void {
    const far = connect(this.#target, '127.0.0.1');
    this.#keep(far);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.on('data', (chunk: Buffer) => this.#pass(far, chunk, mode));
    far.on('data', (chunk: Buffer) => {
      if (mode === 'answer_lost') near.destroy();
      else this.#pass(near, chunk, mode);
    });
  }

  #pass(to: Socket, chunk: Buffer, mode: LinkMode): void {
    if (mode === 'delayed') this.#later(DELAY_MS, () => to.write(chunk));
    else if (mode === 'throttled') this.#trickle(to, chunk);
    else to.write(chunk);
  }

  #trickle(to: Socket, chunk: Buffer): void {
    for (let offset = 0, turn = 0; offset < chunk.length; offset += TRICKLE_BYTES, turn++) {
      const piece = chunk.subarray(offset, offset + TRICKLE_BYTES);
      this.#later(turn * TRICKLE_MS, () => to.write(piece));
    }
  }

  #later(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
