/**
 * The line between the shop and the cloud: a TCP relay that can be cut and mended. While it is cut,
 * new connections are refused and open ones are dropped, as when a router loses its uplink.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Link {
  /** Where the box connects to. */
  readonly port: number;
  readonly up: boolean;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Relays a port of its own on loopback to the target port on loopback. */
export async function openLink(targetPort: number): Promise<Link> {
  const sockets = new Set<Socket>();
  let up = true;
  const server: Server = createServer((near) => {
    if (!up) {
      near.destroy();
      return;
    }
    const far = connect(targetPort, '127.0.0.1');
    join(near, far, sockets);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get up() {
      return up;
    },
    cut: () => {
      up = false;
      drop();
    },
    mend: () => {
      up = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        drop();
      }),
  };
}

function join(near: Socket, far: Socket, sockets: Set<Socket>): void {
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    sockets.add(from);
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  }
}
