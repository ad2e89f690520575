/**
 * One port that speaks plain HTTP and TLS: a connection's first byte decides (0x16 begins a TLS handshake, and no
 * HTTP method). Accepts, counts and times out; what is asked is none of its business.
 *
 * A technician types an address without thinking of "https": so both work on the port that is printed on the
 * box, and the pages themselves see to it that nothing secret travels plain.
 */
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { LIMITS } from '../limits.ts';
import type { Log } from '../log.ts';
import type { TlsMaterial } from '../net/tls-material.ts';

export interface HttpFrontOptions {
  readonly host: string;
  /** 0: chosen by the system. */
  readonly port: number;
  readonly tls: TlsMaterial;
  readonly log: Log;
  readonly handler: RequestListener;
}

export interface HttpFront {
  readonly host: string;
  readonly port: number;
  /** Accepts nobody any more and cuts those who are there. */
  close(): Promise<void>;
}

const TLS_HANDSHAKE_BYTE = 0x16;

/** True for an address of this machine itself. */
export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  return address === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address);
}

/** Opens the port. @throws Error EADDRINUSE, EACCES */
export async function startHttpFront(options: HttpFrontOptions): Promise<HttpFront> {
  const http = createHttpServer(
    {
      headersTimeout: LIMITS.adminHeadersMsMax,
      requestTimeout: LIMITS.adminRequestMsMax,
      connectionsCheckingInterval: LIMITS.adminHeadersMsMax / 2,
    },
    options.handler,
  );
  // Node looks after slow requests from this event on only, and this server never listens by itself.
  http.emit('listening');
  const door = new Door(http, options);
  const front = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
    door.accept(socket);
  });
  front.maxConnections = LIMITS.adminConnectionsMax;
  const ready = Promise.withResolvers<void>();
  front.on('error', (error) => ready.reject(error));
  front.listen({ host: options.host, port: options.port }, () => ready.resolve());
  await ready.promise;
  const { address, port } = front.address() as AddressInfo;
  return {
    host: address,
    port,
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        front.close(() => resolve());
      });
      door.cutAll();
      // It never listened; this ends its timer.
      http.close();
      await closed;
    },
  };
}

class Door {
  readonly #http: Server;
  readonly #options: HttpFrontOptions;
  readonly #open = new Set<Socket>();
  readonly #byAddress = new Map<string, number>();

  constructor(http: Server, options: HttpFrontOptions) {
    this.#http = http;
    this.#options = options;
  }

  accept(socket: Socket): void {
    // For good: an error event without a listener would end the process.
    socket.on('error', () => socket.destroy());
    const address = socket.remoteAddress ?? '';
    const count = (this.#byAddress.get(address) ?? 0) + 1;
    if (count > LIMITS.adminConnectionsPerAddressMax && !isLoopbackAddress(address)) {
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    this.#byAddress.set(address, count);
    socket.on('close', () => this.#left(socket, address));
    const timer = setTimeout(() => socket.destroy(), LIMITS.adminHandshakeMsMax);
    socket.once('close', () => clearTimeout(timer));
    socket.once('data', (chunk: Buffer) => {
      clearTimeout(timer);
      socket.pause();
      socket.unshift(chunk);
      if (chunk[0] === TLS_HANDSHAKE_BYTE) this.#secure(socket);
      else this.#serve(socket);
    });
    socket.resume();
  }

  cutAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #left(socket: Socket, address: string): void {
    this.#open.delete(socket);
    const count = (this.#byAddress.get(address) ?? 1) - 1;
    if (count > 0) this.#byAddress.set(address, count);
    else this.#byAddress.delete(address);
  }

  #secure(raw: Socket): void {
    const socket = new TLSSocket(raw, {
      isServer: true,
      secureContext: this.#options.tls.secureContext,
      ALPNProtocols: ['http/1.1'],
    });
    const timer = setTimeout(() => raw.destroy(), LIMITS.adminHandshakeMsMax);
    const fail = (error: Error): void => {
      this.#options.log.debug({ err: error }, 'admin connection lost');
      socket.destroy();
    };
    socket.on('error', fail);
    socket.on('_tlsError', fail);
    socket.on('close', () => clearTimeout(timer));
    socket.once('secure', () => {
      clearTimeout(timer);
      this.#serve(socket);
    });
  }

  #serve(socket: Socket): void {
    this.#http.emit('connection', socket);
    socket.resume();
  }
}
