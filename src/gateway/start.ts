import { Broker } from './broker.ts';
import type { GatewayConfig } from './config.ts';
import type { GatewayLog } from './errors.ts';
import type { FaultLine } from './faults/catalogue.ts';
import { type RunningControl, startControl } from './faults/control.ts';
import { GatewayServer } from './server.ts';

/** How often the market moves, in wall time: ten updates a second and instrument, unless bars are shorter. */
const STEP_MS = 100;
/** A process that was asleep does not catch up: its market stood still. */
const LONGEST_STEP_MS = 1000;

export interface GatewayOptions {
  /** 0 picks a free one. @default the configuration's */
  port?: number | undefined;
  /** @default 127.0.0.1 */
  host?: string | undefined;
  config: GatewayConfig;
  /** Market seconds per wall second. @default the configuration's */
  speed?: number | undefined;
  /** @default the configuration's */
  seed?: number | undefined;
  /** HTTP port of the control interface; absent, there is none. 0 picks one. */
  controlPort?: number | undefined;
  /** What goes wrong, and the seed of its draws. */
  faults?: { readonly seed: number; readonly lines: readonly FaultLine[] } | undefined;
  /** Where the broker's memory survives the process; absent, it is forgotten. */
  stateFile?: string | undefined;
  log: GatewayLog;
  /** False leaves the clock to `pass`; for tests that must be exact. @default true */
  autoplay?: boolean | undefined;
}

export interface RunningGateway {
  port: number;
  host: string;
  /** Resolves when the gateway had to give up by itself, for example because the disk is full. */
  failed: Promise<Error>;
  /** Market time, epoch ms. */
  now(): number;
  /** Where the control interface listens; undefined without one. */
  controlPort: number | undefined;
  /** The broker itself: its books, its faults. */
  broker: Broker;
  /** Lets so much wall time pass at once, beside the clock's own running. */
  pass(wallMs: number): void;
  /** Closes connections after what is pending, then the port and the state file. */
  stop(): Promise<void>;
  /** Ends as SIGKILL would: connections drop, nothing more is written. */
  kill(): Promise<void>;
}

/**
 * Starts the simulated gateway. Rejects with GatewayError: PORT_IN_USE, PORT_REFUSED, BAD_CONFIG, BAD_DATA or
 * BAD_STATE, each with a one-line message.
 */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { config, log } = options;
  const host = options.host ?? '127.0.0.1';
  const server = new GatewayServer();
  // The port first: a second gateway started by mistake must not touch the first one's state file.
  const port = await server.listen(options.port ?? config.port, host);
  let broker: Broker;
  try {
    broker = new Broker({
      config,
      log,
      speed: options.speed ?? config.speed,
      seed: options.seed ?? config.seed,
      stateFile: options.stateFile,
      faultSeed: options.faults?.seed,
    });
    for (const line of options.faults?.lines ?? []) broker.faults.add(line);
  } catch (error) {
    await server.close(true);
    throw error;
  }
  let control: RunningControl | undefined;
  try {
    if (options.controlPort !== undefined) control = await startControl(broker, options.controlPort);
  } catch (error) {
    await server.close(true);
    broker.state.close();
    throw error;
  }
  server.serve(broker);
  let timer: NodeJS.Timeout | undefined;
  const close = async (abruptly: boolean): Promise<void> => {
    clearInterval(timer);
    await control?.stop();
    await server.close(abruptly);
    broker.state.close();
  };
  const failure = Promise.withResolvers<Error>();
  if (options.autoplay ?? true) {
    let last = performance.now();
    timer = setInterval(() => {
      const now = performance.now();
      const passed = Math.min(now - last, LONGEST_STEP_MS);
      last = now;
      if (broker.isWaitingForClients(now)) return;
      try {
        broker.pass(passed);
      } catch (error) {
        // A broker that cannot remember must not go on talking: to its clients it is dead.
        log.error(`the market stopped: ${error instanceof Error ? error.message : String(error)}`);
        void close(true);
        failure.resolve(error instanceof Error ? error : new Error(String(error)));
      }
    }, STEP_MS);
  }
  log.info(`simulated gateway listens on ${host}:${port}, account ${config.account.id}`);
  return {
    port,
    host,
    failed: failure.promise,
    broker,
    controlPort: control?.port,
    now: () => broker.market.now,
    pass: (wallMs) => broker.pass(wallMs),
    stop: () => close(false),
    kill: () => close(true),
  };
}
