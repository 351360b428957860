import { type AddressInfo, createServer } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { UsageError } from '../process/usage-error.ts';

/** The server cannot have the address that it was told; the message says what to do. */
export class ListenError extends UsageError {
  readonly code: 'EADDRINUSE' | 'EACCES' | 'EADDRNOTAVAIL' | 'ENOTFOUND';

  constructor(code: ListenError['code'], message: string) {
    super(message);
    this.name = 'ListenError';
    this.code = code;
  }
}

const remedies: Readonly<Record<ListenError['code'], (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) =>
    `server: found port ${port} on ${host} in use, expected it free; stop what uses it or choose another with --port N (0 picks a free one)`,
  EACCES: (host, port) =>
    `server: found port ${port} on ${host} not allowed to this user, expected one that is; choose one from 1024 on with --port N`,
  EADDRNOTAVAIL: (host) =>
    `server: found host "${host}", which is no address of this machine, expected one that is; choose it with --host, e.g. 127.0.0.1`,
  ENOTFOUND: (host) =>
    `server: found host "${host}", which cannot be resolved, expected an address of this machine; choose it with --host, e.g. 127.0.0.1`,
};

/** What went wrong with an address, if it is one of the known things. */
function explained(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined || !Object.hasOwn(remedies, code)) return error;
  const known = code as ListenError['code'];
  return new ListenError(known, remedies[known](host, port));
}

/**
 * Tries an address and gives it back at once: a start that must fail does so before anything runs.
 * @throws ListenError when the address is taken, not allowed or not of this machine.
 */
export async function checkAddress(address: { readonly host: string; readonly port: number }): Promise<void> {
  const probe = createServer();
  try {
    await new Promise<void>((done, fail) => {
      probe.once('error', fail);
      probe.listen(address, done);
    });
  } catch (error) {
    throw explained(error, address);
  }
  await new Promise((done) => probe.close(done));
}

/**
 * Starts listening and answers the address. Port 0 picks a free one.
 * @throws ListenError when the address is taken, not allowed or not of this machine.
 */
export async function listen(
  app: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<{ url: string; port: number }> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw explained(error, { host, port });
  }
  const bound = (app.server.address() as AddressInfo).port; // a TCP server that listens has one
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return { url: `http://${name}:${bound}`, port: bound };
}
