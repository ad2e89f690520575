/**
 * Sessions behind a bare listener: no TLS, no authentication, no limits. `admin` is the administrator, any
 * other user is a merchant of that name. For tests of what a session says, byte by byte.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { SessionDependencies } from '../../edge/session/context.ts';
import { createSession } from '../../edge/session/session.ts';
import type { SessionOutput, SessionPort } from '../../edge/session/session-port.ts';
import { ByteWriter } from '../../edge/types/byte-writer.ts';
import { authenticationOk } from '../../edge/wire/backend.ts';
import { FrameReader } from '../../edge/wire/frame-reader.ts';
import { parseFrontendMessage, sessionFrameCap } from '../../edge/wire/frontend.ts';

const HEADER_BYTES = 4;
const CANCEL_CODE = 80_877_102;

/** Sends at each flush. */
class PlainOutput implements SessionOutput {
  readonly writer = new ByteWriter();
  readonly #socket: Socket;
  #drained: PromiseWithResolvers<void> | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  flush(): void {
    if (this.writer.length > 0) this.#socket.write(this.writer.take());
  }

  discard(): void {
    this.writer.truncate(0);
  }

  drained(): Promise<void> | null {
    if (!this.#socket.writable || !this.#socket.writableNeedDrain) return null;
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  goOn(): void {
    this.#drained?.resolve();
    this.#drained = null;
  }

  close(): void {
    this.flush();
    this.#socket.end();
  }
}

export class SessionServer {
  readonly #dependencies: SessionDependencies;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly sessions = new Map<number, SessionPort>();
  #nextPid = 1000;

  private constructor(dependencies: SessionDependencies) {
    this.#dependencies = dependencies;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async listen(dependencies: SessionDependencies): Promise<SessionServer> {
    const server = new SessionServer(dependencies);
    await new Promise<void>((resolve) => {
      server.#server.listen(0, '127.0.0.1', resolve);
    });
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return address.port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    const reader = new FrameReader();
    const output = new PlainOutput(socket);
    let session: SessionPort | null = null;
    let isWaiting = false;
    const turn = (): void => {
      while (!isWaiting) {
        const frame = reader.next();
        if (frame === null) return;
        if (session === null) {
          session = this.#start(Buffer.from(frame.body), socket, output);
          if (session === null) return;
          reader.expectTyped(sessionFrameCap);
          continue;
        }
        const message = parseFrontendMessage(frame);
        if (message.kind === 'terminate') {
          socket.end();
          return;
        }
        const pending = session.receive(message);
        if (pending === null) continue;
        isWaiting = true;
        void pending.then(() => {
          isWaiting = false;
          turn();
        });
      }
    };
    socket.on('data', (chunk) => {
      reader.push(chunk);
      turn();
    });
    socket.on('drain', () => output.goOn());
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      output.goOn();
      session?.close();
    });
  }

  #start(body: Buffer, socket: Socket, output: PlainOutput): SessionPort | null {
    if (body.readInt32BE(0) === CANCEL_CODE) {
      this.sessions.get(body.readInt32BE(HEADER_BYTES))?.cancel();
      socket.end();
      return null;
    }
    const words = body.toString('utf8', HEADER_BYTES).split('\0');
    const parameters = new Map<string, string>();
    for (let index = 0; words[index]; index += 2) {
      parameters.set(words[index] ?? '', words[index + 1] ?? '');
    }
    const user = parameters.get('user') ?? '';
    const database = parameters.get('database') ?? user;
    parameters.delete('user');
    parameters.delete('database');
    const pid = this.#nextPid++;
    const isAdmin = user === 'admin';
    const session = createSession(
      this.#dependencies,
      {
        user,
        database,
        role: isAdmin ? 'admin' : 'merchant',
        merchant: isAdmin ? null : (user.split('/')[0] ?? user),
        parameters,
        backendPid: pid,
        backendSecret: Buffer.from([1, 2, 3, 4]),
      },
      output,
    );
    this.sessions.set(pid, session);
    authenticationOk(output.writer);
    session.start();
    return session;
  }
}
