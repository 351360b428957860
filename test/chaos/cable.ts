import { connect, createServer, type Socket } from 'node:net';

/** Stands between the runtime and the gateway. */
export interface Cable {
  /** Breaks every connection, as a pulled cable that is noticed. */
  cut(): void;
  /** Swallows every byte and keeps the sockets open: half-open, as a cable that nobody notices. */
  freeze(): void;
  /** Ends the freeze; what was swallowed is lost, so the frozen connections are broken. */
  thaw(): void;
  stop(): Promise<void>;
}

/** Listens on one port of loopback and hands everything on to another. */
export async function layCable(port: number, target: number): Promise<Cable> {
  const sockets = new Set<Socket>();
  let isFrozen = false;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (data) => {
        if (!isFrozen) to.write(data);
      });
      // An error is followed by close.
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', done);
  });
  return {
    cut,
    freeze: () => {
      isFrozen = true;
    },
    thaw: () => {
      isFrozen = false;
      cut();
    },
    stop: () => {
      cut();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
