import { createServer, type Server, type Socket } from 'node:net';
import type { Broker } from './broker.ts';
import { ClientSession } from './client-session.ts';
import { GatewayError } from './errors.ts';

/** The TCP side: accepts clients, each in a session of its own. */
export class GatewayServer {
  #broker: Broker | undefined;
  readonly #server: Server;
  readonly #sessions = new Set<ClientSession>();
  readonly #mute = new Set<Socket>();

  constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  /** Answers the port that is listened on. Rejects with GatewayError PORT_IN_USE or PORT_REFUSED. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const refuse = (error: NodeJS.ErrnoException): void => reject(portError(error, host, port));
      this.#server.once('error', refuse);
      this.#server.listen({ port, host }, () => {
        this.#server.off('error', refuse);
        this.#server.on('error', (error) => this.#broker?.log.error(`gateway server: ${error.message}`));
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** From now on clients are answered; who came earlier was turned away. */
  serve(broker: Broker): void {
    this.#broker = broker;
  }

  /** Closes every connection, after what is pending, and the port; `abruptly` as a killed process would. */
  async close(abruptly: boolean): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#mute) socket.destroy();
    for (const session of this.#sessions) {
      if (abruptly) session.drop();
      else session.end();
    }
    await closed;
  }

  #accept(socket: Socket): void {
    if (this.#broker === undefined) {
      socket.destroy();
      return;
    }
    const { refused, mute } = this.#broker.faults.conditions;
    if (refused.isSo) {
      socket.resetAndDestroy();
      return;
    }
    if (mute.isSo) {
      // Kept, read, never answered; it ends when the peer or the gateway does.
      socket.resume().on('error', () => undefined);
      this.#mute.add(socket);
      socket.on('close', () => this.#mute.delete(socket));
      return;
    }
    if (this.#sessions.size >= this.#broker.config.limits.connections) {
      this.#broker.log.warn(`a connection was refused: ${this.#sessions.size} are open, the most allowed`);
      socket.destroy();
      return;
    }
    const session = new ClientSession(socket, this.#broker);
    this.#sessions.add(session);
    socket.on('close', () => this.#sessions.delete(session));
  }
}

function portError(error: NodeJS.ErrnoException, host: string, port: number): GatewayError {
  if (error.code === 'EADDRINUSE')
    return new GatewayError(
      'PORT_IN_USE',
      `port ${port} on ${host} is already in use: choose another with --port`,
      {
        cause: error,
      },
    );
  return new GatewayError('PORT_REFUSED', `cannot listen on ${host}:${port}: ${error.message}`, {
    cause: error,
  });
}
