import {
  type ActorOptions,
  type AnyActorLogic,
  type AnyActorRef,
  type AnyStateMachine,
  createActor,
} from 'xstate';
import type { ConnectionInput } from '../../machines/connection/connection.events.ts';
import type { ConnectionMachine } from '../../machines/connection/connection.machine.ts';
import type { SessionDefinition } from '../../machines/domain/session.ts';
import type { createMarketDataHub } from '../../machines/feed/hub.ts';
import type { FlattenInput, FlattenMachine } from '../../machines/flatten/flatten.machine.ts';
import type { DeskTiming } from '../../machines/order/desk.events.ts';
import type { createDeskMachine } from '../../machines/order/desk.machine.ts';
import type { createPortfolioMachine } from '../../machines/portfolio/portfolio.machine.ts';
import type { RiskInput } from '../../machines/risk/risk.events.ts';
import type { createRiskMachine } from '../../machines/risk/risk.machine.ts';
import type { withSessionPorts } from '../../machines/session/session.machine.ts';
import type { createStoreMachine } from '../../machines/store/store.machine.ts';
import { createDynamicSupervisor } from '../../machines/supervisor/dynamic.machine.ts';
import type { RestartPolicy } from '../../machines/supervisor/restart.logic.ts';
import type { SupervisorCommand, SupervisorReport } from '../../machines/supervisor/supervisor.events.ts';
import { createSupervisor } from '../../machines/supervisor/supervisor.machine.ts';
import type { ActorDirectory } from './actor-directory.ts';

/** The machines of the tree, each with its ports. */
export interface TreeLogics {
  readonly store: ReturnType<typeof createStoreMachine>;
  readonly connection: ConnectionMachine;
  readonly orderDesk: ReturnType<typeof createDeskMachine>;
  readonly portfolio: ReturnType<typeof createPortfolioMachine>;
  readonly marketData: ReturnType<typeof createMarketDataHub>['logic'];
  readonly risk: ReturnType<typeof createRiskMachine>;
  readonly session: ReturnType<typeof withSessionPorts>;
  readonly flatten: FlattenMachine;
}

export interface TreeOptions {
  readonly logics: TreeLogics;
  readonly connection: ConnectionInput;
  readonly deskTiming: Partial<DeskTiming>;
  readonly risk: RiskInput;
  readonly flatten: FlattenInput;
  readonly onReport: (report: SupervisorReport) => void;
  /** The root has decided to give up, and ends its children now: nothing may leave from here on. */
  readonly onGivingUp: (cause: string) => void;
  /** The root has ended. */
  readonly onRootEnd: (cause: string) => void;
  /** What is left after that gave up as well: nobody hears the broker any more. */
  readonly onHaltedEnd: (cause: string) => void;
  readonly directory: ActorDirectory;
  /** What every actor of the tree is made with. */
  readonly actorOptions: Pick<ActorOptions<AnyActorLogic>, 'clock' | 'inspect'>;
  readonly now: () => number;
  readonly random: () => number;
}

const backoff = { minMs: 200, maxMs: 15_000, factor: 2, jitterFraction: 0.2 };
/** A part that fails at once each time uses this up within half a minute. */
const partPolicy = { intensity: 8, periodMs: 60_000, backoff, healthyAfterMs: 30_000 } as const;
/** More than five failures of whole parts in five minutes are a defect that restarting does not cure. */
const rootPolicy = { intensity: 5, periodMs: 300_000, backoff, healthyAfterMs: 60_000 } as const;
/** What is left after a halt is not tried for long: a person must look anyway. */
const haltedPolicy = { ...partPolicy, intensity: 5 } as const;
/** One broken strategy is restarted for as long as the system runs, ever more slowly; it takes no other down. */
const sessionPolicy = { ...partPolicy, intensity: 1_000 } as const;

/** How long a session may take to decide the bars that have closed when its supervisor ends it. */
const SESSION_SHUTDOWN_MS = 500;

const sessionChild = (id: string): string => `session:${id}`;

const causeOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * The running tree: root → store, risk, broker → (connection, orderDesk, portfolio, marketData), sessions → groups,
 * flatten.
 * Risk stands left of the broker: a halt outlives the broker's restarts.
 *
 * When the root gives up it is not started again. What remains is the tree `halted`: store, connection, order desk
 * and portfolio, so that fills of orders that still work are heard and kept, and orders can be cancelled; nothing in
 * it trades. When that gives up too, nothing is started any more.
 */
export class Tree {
  readonly directory: ActorDirectory;
  readonly #options: TreeOptions;
  readonly #logics: { readonly root: AnyStateMachine; readonly halted: AnyStateMachine };
  #top: AnyActorRef | null = null;
  #isEnding = false;
  #isGivingUp = false;

  constructor(options: TreeOptions) {
    this.#options = options;
    this.directory = options.directory;
    this.#logics = { root: this.#root(), halted: this.#halted() };
  }

  /** The machine at the top, by its id. */
  logicOf(id: string): AnyStateMachine | null {
    return id === 'root' || id === 'halted' ? this.#logics[id] : null;
  }

  /** Whoever wants to hear the actors attaches to the directory before: XState makes them all right here. */
  start(): void {
    this.#run(this.#logics.root, 'root', (cause) => this.#halt(cause));
  }

  /** Ends the tree in order as if its root had given up: when the process itself is in doubt. Once is enough. */
  giveUp(cause: string): void {
    const root = this.#top;
    if (root === null || this.#isEnding || this.#isGivingUp) return;
    this.#noteGivingUp(cause);
    const { onReport, now } = this.#options;
    onReport({ supervisor: 'root', context: 'shutdown', reason: cause, offender: null, at: now() });
    root.subscribe({ complete: () => this.#isEnding || this.#halt(cause) });
    root.send({ type: 'supervisor.shutdown' });
  }

  /** Ends everything, last started first. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    const top = this.#top;
    if (top === null) return;
    await new Promise<void>((done) => {
      if (top.getSnapshot().status !== 'active') return done();
      top.subscribe({ complete: done, error: () => done() });
      top.send({ type: 'supervisor.shutdown' });
    });
    top.stop();
  }

  /** Adds a session; it idles until it is told to start. */
  addSession(definition: SessionDefinition): void {
    const spec = {
      id: sessionChild(definition.id),
      logic: 'session',
      input: { definition, startIn: 'idle' },
      restart: 'permanent',
      shutdownMs: SESSION_SHUTDOWN_MS,
    } as const;
    this.#command({ type: 'supervisor.startChild', spec });
  }

  removeSession(id: string): void {
    this.#command({ type: 'supervisor.stopChild', id: sessionChild(id) });
    this.directory.forget(sessionChild(id));
  }

  session(id: string): AnyActorRef | undefined {
    return this.directory.running(sessionChild(id));
  }

  /** Sends to a session's actor; false, and a dead letter, when it does not run. */
  tellSession(id: string, event: { readonly type: string }): boolean {
    return this.directory.tell(sessionChild(id), event);
  }

  onSessionStart(id: string, listener: (ref: AnyActorRef) => void): () => void {
    return this.directory.onStart(sessionChild(id), listener);
  }

  #noteGivingUp(cause: string): void {
    if (this.#isGivingUp || this.#isEnding) return;
    this.#isGivingUp = true;
    this.#options.onGivingUp(cause);
  }

  #halt(cause: string): void {
    this.#noteGivingUp(cause);
    this.#options.onRootEnd(cause);
    this.#run(this.#logics.halted, 'halted', this.#options.onHaltedEnd);
  }

  #command(command: SupervisorCommand): void {
    this.directory.tell('sessions', command);
  }

  #run(logic: AnyActorLogic, id: string, onEnd: (cause: string) => void): void {
    const actor = createActor(logic, { ...this.#options.actorOptions, id });
    this.#top = actor;
    // An error of a root that nobody hears would end the process.
    actor.subscribe({ error: (error: unknown) => this.#isEnding || onEnd(causeOf(error)) });
    actor.start();
  }

  #common() {
    const { now, random } = this.#options;
    const onReport = (report: SupervisorReport): void => {
      if (report.supervisor === 'root' && report.context === 'shutdown') this.#noteGivingUp(report.reason);
      this.#options.onReport(report);
    };
    return { now, random, onReport };
  }

  #brokerChildren() {
    const { connection, deskTiming } = this.#options;
    const always = { restart: 'permanent', shutdownMs: 0 } as const;
    return [
      { id: 'connection', logic: 'connection', input: connection, ...always },
      {
        id: 'orderDesk',
        logic: 'orderDesk',
        input: {
          clientId: connection.endpoint.clientId,
          timing: deskTiming,
        },
        ...always,
      },
      { id: 'portfolio', logic: 'portfolio', ...always },
    ] as const;
  }

  #root() {
    const { logics, risk, flatten } = this.#options;
    const common = this.#common();
    const needed = { strategy: 'restForOne' } as const satisfies Partial<RestartPolicy>;
    const broker = createSupervisor({
      ...common,
      ...partPolicy,
      ...needed,
      id: 'broker',
      logics: {
        connection: logics.connection,
        orderDesk: logics.orderDesk,
        portfolio: logics.portfolio,
        marketData: logics.marketData,
      },
      children: [
        ...this.#brokerChildren(),
        { id: 'marketData', logic: 'marketData', restart: 'permanent', shutdownMs: 0 },
      ],
    });
    const sessions = createDynamicSupervisor({
      ...common,
      id: 'sessions',
      logics: { session: logics.session },
      policy: partPolicy,
      childPolicy: sessionPolicy,
      groupShutdownMs: 2 * SESSION_SHUTDOWN_MS,
    });
    return createSupervisor({
      ...common,
      ...rootPolicy,
      ...needed,
      id: 'root',
      logics: { store: logics.store, risk: logics.risk, broker, sessions, flatten: logics.flatten },
      children: [
        { id: 'store', logic: 'store', restart: 'permanent', shutdownMs: 500 },
        { id: 'risk', logic: 'risk', input: risk, restart: 'permanent', shutdownMs: 500 },
        { id: 'broker', logic: 'broker', restart: 'permanent', shutdownMs: 1_000 },
        { id: 'sessions', logic: 'sessions', restart: 'permanent', shutdownMs: 3 * SESSION_SHUTDOWN_MS },
        // Last: nothing depends on it, and it needs the broker.
        { id: 'flatten', logic: 'flatten', input: flatten, restart: 'permanent', shutdownMs: 0 },
      ],
    });
  }

  #halted() {
    const { logics } = this.#options;
    return createSupervisor({
      ...this.#common(),
      ...haltedPolicy,
      strategy: 'restForOne',
      id: 'halted',
      logics: {
        store: logics.store,
        connection: logics.connection,
        orderDesk: logics.orderDesk,
        portfolio: logics.portfolio,
      },
      children: [
        { id: 'store', logic: 'store', restart: 'permanent', shutdownMs: 500 },
        ...this.#brokerChildren(),
      ],
    });
  }
}
