import { type AnyActorRef, createActor } from 'xstate';
import type { ConnectionInput } from '../../machines/connection/connection.events.ts';
import type { ConnectionMachine } from '../../machines/connection/connection.machine.ts';
import type { SessionDefinition } from '../../machines/domain/session.ts';
import type { createMarketDataHub } from '../../machines/feed/hub.ts';
import type { createDeskMachine } from '../../machines/order/desk.machine.ts';
import type { createPortfolioMachine } from '../../machines/portfolio/portfolio.machine.ts';
import type { createRiskMachine } from '../../machines/risk/risk.machine.ts';
import type { RiskStatus } from '../../machines/risk/risk.status.ts';
import type { withSessionPorts } from '../../machines/session/session.machine.ts';
import type { createStoreMachine } from '../../machines/store/store.machine.ts';
import type { RestartPolicy } from '../../machines/supervisor/restart.logic.ts';
import type { SupervisorReport } from '../../machines/supervisor/supervisor.events.ts';
import { createSupervisor } from '../../machines/supervisor/supervisor.machine.ts';
import { ActorDirectory } from './actor-directory.ts';

/** The machines of the tree, each with its ports. */
export interface TreeLogics {
  readonly store: ReturnType<typeof createStoreMachine>;
  readonly connection: ConnectionMachine;
  readonly orderDesk: ReturnType<typeof createDeskMachine>;
  readonly portfolio: ReturnType<typeof createPortfolioMachine>;
  readonly marketData: ReturnType<typeof createMarketDataHub>['logic'];
  readonly risk: ReturnType<typeof createRiskMachine>;
  readonly session: ReturnType<typeof withSessionPorts>;
}

export interface TreeOptions {
  readonly logics: TreeLogics;
  readonly connection: ConnectionInput;
  readonly orders: { readonly ackTimeoutMs: number; readonly cancelTimeoutMs: number };
  readonly risk: RiskStatus;
  readonly onReport: (report: SupervisorReport) => void;
  /** The root itself ended: nothing trades any more. */
  readonly onRootEnd: (cause: string) => void;
  readonly onActorChange: (path: string) => void;
  readonly onFault: (message: string) => void;
}

const backoff = { minMs: 200, maxMs: 15_000, factor: 2, jitterFraction: 0.2 };
/** More than ten restarts a minute are not an accident. */
const policy = { intensity: 10, periodMs: 60_000, backoff, healthyAfterMs: 30_000 } as const;

const sessionChild = (id: string): string => `session:${id}`;

/**
 * The running tree: root → store, risk, broker → (connection, orderDesk, portfolio, marketData), sessions.
 * Risk stands left of the broker: a halt outlives the broker's restarts.
 */
export class Tree {
  readonly directory: ActorDirectory;
  readonly #spawn: () => AnyActorRef;
  #root: AnyActorRef | null = null;

  constructor(options: TreeOptions) {
    const { logics, onReport } = options;
    this.directory = new ActorDirectory({ onChange: options.onActorChange, onFault: options.onFault });
    const common = { now: Date.now, random: Math.random, onReport };
    const needed: RestartPolicy = { ...policy, strategy: 'restForOne' };

    const broker = createSupervisor({
      ...common,
      ...needed,
      id: 'broker',
      logics: {
        connection: logics.connection,
        orderDesk: logics.orderDesk,
        portfolio: logics.portfolio,
        marketData: logics.marketData,
      },
      children: [
        {
          id: 'connection',
          logic: 'connection',
          input: options.connection,
          restart: 'permanent',
          shutdownMs: 0,
        },
        {
          id: 'orderDesk',
          logic: 'orderDesk',
          input: {
            clientId: options.connection.endpoint.clientId,
            timing: { ackMs: options.orders.ackTimeoutMs, cancelMs: options.orders.cancelTimeoutMs },
          },
          restart: 'permanent',
          shutdownMs: 0,
        },
        { id: 'portfolio', logic: 'portfolio', restart: 'permanent', shutdownMs: 0 },
        { id: 'marketData', logic: 'marketData', restart: 'permanent', shutdownMs: 0 },
      ],
    });
    const sessions = createSupervisor({
      ...common,
      ...policy,
      // One broken strategy is restarted for as long as the system runs, ever more slowly; it never takes others down.
      intensity: 1_000,
      strategy: 'oneForOne',
      id: 'sessions',
      logics: { session: logics.session },
      children: [],
    });
    const root = createSupervisor({
      ...common,
      ...needed,
      id: 'root',
      logics: { store: logics.store, risk: logics.risk, broker, sessions },
      children: [
        { id: 'store', logic: 'store', restart: 'permanent', shutdownMs: 500 },
        { id: 'risk', logic: 'risk', input: { status: options.risk }, restart: 'permanent', shutdownMs: 500 },
        { id: 'broker', logic: 'broker', restart: 'permanent', shutdownMs: 1_000 },
        { id: 'sessions', logic: 'sessions', restart: 'permanent', shutdownMs: 1_000 },
      ],
    });
    this.#spawn = () => {
      const actor = createActor(root, { id: 'root', inspect: this.directory.inspect });
      actor.subscribe({
        error: (error: unknown) => options.onRootEnd(error instanceof Error ? error.message : String(error)),
      });
      return actor;
    };
  }

  /** Whoever wants to hear the actors attaches to the directory before: XState makes them all right here. */
  start(): void {
    this.#root = this.#spawn();
    this.#root.start();
  }

  /** Ends everything, last started first. */
  async stop(): Promise<void> {
    const root = this.#root;
    if (root === null) return;
    await new Promise<void>((done) => {
      if (root.getSnapshot().status !== 'active') return done();
      root.subscribe({ complete: done, error: () => done() });
      root.send({ type: 'supervisor.shutdown' });
    });
    root.stop();
  }

  /** Adds a session; it idles until it is told to start. */
  addSession(definition: SessionDefinition): void {
    this.directory.running('sessions')?.send({
      type: 'supervisor.startChild',
      spec: {
        id: sessionChild(definition.id),
        logic: 'session',
        input: { definition, startIn: 'idle' },
        restart: 'permanent',
        shutdownMs: 0,
      },
    });
  }

  removeSession(id: string): void {
    this.directory.running('sessions')?.send({ type: 'supervisor.stopChild', id: sessionChild(id) });
    this.directory.forget(`root/sessions/${sessionChild(id)}`);
  }

  session(id: string): AnyActorRef | undefined {
    return this.directory.running(sessionChild(id));
  }

  onSessionStart(id: string, listener: (ref: AnyActorRef) => void): () => void {
    return this.directory.onStart(sessionChild(id), listener);
  }
}
