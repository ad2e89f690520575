/**
 * The doors: a TCP port for the terminals, a Unix socket for the administrator on the box. Accepts, sets
 * the socket up, and hands it to a `Connection`; it reads nothing itself.
 */
import { existsSync } from 'node:fs';
import { chmod, lstat, unlink } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { EdgeError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { ByteWriter } from '../types/byte-writer.ts';
import { errorResponse } from '../wire/backend.ts';
import { Connection, type ConnectionContext } from './connection.ts';
import type { Peer } from './login.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0: chosen by the system. */
  readonly port: number;
}

/** Most bytes of a Unix socket's path (sun_path, less its zero). */
const UNIX_PATH_BYTES_MAX = 107;
const UNIX_SOCKET_MODE = 0o660;
const BACKLOG_CONNECTIONS = 1024;

export class Listener {
  readonly #context: ConnectionContext;
  readonly #servers: Server[] = [];
  #isStopping = false;

  constructor(context: ConnectionContext) {
    this.#context = context;
  }

  /** Opens the TCP port and says what it got. @throws Error EADDRINUSE, EACCES */
  async listenTcp(address: ListenAddress): Promise<ListenAddress> {
    const server = this.#serve((socket) => tcpPeer(socket));
    await opened(server, () => {
      server.listen({ host: address.host, port: address.port, backlog: BACKLOG_CONNECTIONS });
    });
    const bound = server.address() as AddressInfo;
    return { host: bound.address, port: bound.port };
  }

  /**
   * Opens a Unix socket, for example `<dir>/.s.PGSQL.5432`, which libpq finds by `host=<dir>`. A socket
   * left there by an earlier run is replaced: the box's lock file has made sure that nobody serves it.
   */
  async listenUnix(path: string): Promise<void> {
    if (Buffer.byteLength(path) > UNIX_PATH_BYTES_MAX) {
      throw new Error(`the socket path is longer than ${UNIX_PATH_BYTES_MAX} bytes: ${path}`);
    }
    if (existsSync(path)) {
      if (!(await lstat(path)).isSocket()) throw new Error(`${path} exists and is no socket`);
      await unlink(path);
    }
    const server = this.#serve(() => UNIX_PEER);
    await opened(server, () => {
      server.listen({ path, backlog: BACKLOG_CONNECTIONS });
    });
    await chmod(path, UNIX_SOCKET_MODE);
  }

  /** Accepts nobody any more, tells the sessions (57P01), and cuts those that stay beyond the grace. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    for (const server of this.#servers) server.close();
    await this.#context.registry.shutdown(graceMs);
  }

  #serve(peerOf: (socket: Socket) => Peer): Server {
    // The client may close its side first and still read our answers, as with PostgreSQL.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      try {
        this.#accept(socket, peerOf(socket));
      } catch (error) {
        this.#context.log.error({ err: error }, 'connection could not be accepted');
        socket.destroy();
      }
    });
    this.#servers.push(server);
    return server;
  }

  #accept(socket: Socket, peer: Peer): void {
    socket.setKeepAlive(true, LIMITS.tcpKeepAliveMs);
    if (this.#isStopping) {
      socket.destroy();
      return;
    }
    const connection = new Connection(socket, peer, this.#context);
    if (this.#context.registry.add(connection)) return;
    socket.write(tooMany());
    connection.destroy();
  }
}

function tooMany(): Uint8Array {
  const writer = new ByteWriter();
  errorResponse(
    writer,
    new EdgeError('too_many_connections', 'sorry, too many clients already', {
      severity: 'FATAL',
    }),
  );
  return writer.take();
}

/** Resolves when the server listens; from then on its errors are logged by nobody and end nothing. */
async function opened(server: Server, listen: () => void): Promise<void> {
  const ready = Promise.withResolvers<void>();
  server.on('error', (error) => ready.reject(error));
  server.on('listening', () => ready.resolve());
  listen();
  await ready.promise;
}

const UNIX_PEER: Peer = { address: '[local]', isUnixSocket: true, isLoopback: false };
const IPV4_IN_IPV6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

function tcpPeer(socket: Socket): Peer {
  const raw = socket.remoteAddress ?? '';
  const address = IPV4_IN_IPV6.exec(raw)?.[1] ?? raw;
  // An empty address belongs to a client that is gone already: never trusted.
  const isLoopback = address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
  return { address, isUnixSocket: false, isLoopback };
}
