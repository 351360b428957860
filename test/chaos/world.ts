import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { readPostmaster } from '../../src/store/embedded/postmaster.ts';
import { busySystem } from '../support/busy-market.ts';
import { processTree, signalTo } from '../support/processes.ts';
import { freePort, prepareSystem, type TestSystem, until } from '../support/system.ts';
import { type Cable, layCable } from './cable.ts';

/** The real system with a cable that can be cut: its gateway runs beside it, behind that cable. */
export interface World {
  readonly system: TestSystem;
  readonly cable: Cable;
  startGateway(): Promise<void>;
  signalGateway(signal: NodeJS.Signals): void;
  /** All processes of the database; none while it is being restarted. */
  databaseProcesses(): number[];
  end(): Promise<void>;
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });

/** Prepares everything; nothing of it trades yet. */
export async function createWorld(barsPerSecond: number): Promise<World> {
  const system = await prepareSystem({ ...busySystem(barsPerSecond), flags: ['--no-gateway'] });
  const port = await freePort();
  const cable = await layCable(system.gatewayPort, port);
  let gateway: ChildProcess | null = null;
  return {
    system,
    cable,
    async startGateway() {
      const config = ['--config', join(system.configDir, 'gateway.yaml'), '--state-dir', system.dataDir];
      gateway = spawn(process.execPath, ['src/main.ts', 'gateway', '--port', String(port), ...config], {
        stdio: 'ignore',
        env: { ...process.env, NODE_OPTIONS: '' },
      });
      await until('the gateway listens', () => accepts(port), 30_000);
    },
    signalGateway(signal) {
      if (gateway?.pid !== undefined) signalTo(gateway.pid, signal);
    },
    databaseProcesses() {
      const server = readPostmaster(join(system.dataDir, 'postgres', 'cluster'));
      return server === null ? [] : processTree(server.pid);
    },
    async end() {
      if (gateway?.pid !== undefined) signalTo(gateway.pid, 'SIGKILL');
      await cable.stop();
      await system.cleanup();
    },
  };
}
