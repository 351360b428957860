import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { ConnectionTiming } from '../../machines/connection/connection.events.ts';
import { initialContext } from '../../machines/connection/connection.logic.ts';
import { createConnectionMachine } from '../../machines/connection/connection.machine.ts';
import { readiness, restartRefusal } from '../../machines/connection/connection.plans.ts';
import { decimal, decimalString } from '../../machines/domain/decimal.ts';
import { failureMessage } from '../../machines/domain/failure.ts';
import {
  isFlattenRef,
  type Order,
  type OrderAmendment,
  type OrderIntent,
} from '../../machines/domain/order.ts';
import type { BarCheckTiming } from '../../machines/feed/bar.check.ts';
import { createMarketDataHub } from '../../machines/feed/hub.ts';
import { createTurns } from '../../machines/feed/turns.ts';
import { createFlattenMachine } from '../../machines/flatten/flatten.machine.ts';
import { type FlattenTiming, flattenTiming } from '../../machines/flatten/flatten.ports.ts';
import { isFlattening } from '../../machines/flatten/flatten.status.ts';
import { createDeskClient, type DeskRef } from '../../machines/order/desk.client.ts';
import type { DeskTiming } from '../../machines/order/desk.events.ts';
import type { Leaving } from '../../machines/order/desk.exposure.ts';
import { createDeskMachine } from '../../machines/order/desk.machine.ts';
import { createPortfolioClient, type PortfolioRef } from '../../machines/portfolio/portfolio.client.ts';
import { createPortfolioMachine } from '../../machines/portfolio/portfolio.machine.ts';
import { createRiskMachine } from '../../machines/risk/risk.machine.ts';
import { type RiskStatus, riskRefusal, strictest } from '../../machines/risk/risk.status.ts';
import { withSessionPorts } from '../../machines/session/session.machine.ts';
import { createStoreMachine } from '../../machines/store/store.machine.ts';
import { builtinStrategies } from '../../machines/strategies/builtin.ts';
import { createIbBroker } from '../broker/ib/ib-broker.ts';
import type { Config } from '../config/load.ts';
import type { SystemView } from '../contract/system.schema.ts';
import { recorded } from '../inspect/draws.ts';
import { isAlive } from '../process/is-alive.ts';
import { writeRiskRecord } from '../process/risk-record.ts';
import type { Store } from '../store/store.ts';
import type { ActorDirectory } from './actor-directory.ts';
import { BracketKeeper } from './bracket-keeper.ts';
import { connectionInput } from './broker-input.ts';
import { DashboardPort } from './dashboard-port.ts';
import { DifferencePolicies } from './difference-policy.ts';
import { createDrillKeeper } from './drill-keeper.ts';
import { createFlattenKeeper, haltedForFlatten, readFlatten } from './flatten-memory.ts';
import { createFlattenPorts } from './flatten-ports.ts';
import type { FlightRecorder } from './flight-recorder.ts';
import { followActors } from './follow-actors.ts';
import { followFacts } from './follow-facts.ts';
import { createJournalReader } from './journal-reader.ts';
import { heldByFile, KillWatch } from './kill-watch.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { createLiveGate, mayTradeLive } from './live-gate.ts';
import { LiveStatus } from './live-status.ts';
import type { Log } from './log.ts';
import { LossWatch, readPeaks } from './loss-watch.ts';
import { ManualOrders } from './manual-orders.ts';
import { createObservers, type Observers } from './observers.ts';
import { PnlBook } from './pnl-book.ts';
import { PositionCloser } from './position-closer.ts';
import { PositionKeeper } from './position-keeper.ts';
import { Reconciler } from './reconciler.ts';
import { RiskGate } from './risk-gate.ts';
import { createPartsKeeper, createRiskKeeper, readParts, readRisk } from './risk-memory.ts';
import { RiskPlan } from './risk-plan.ts';
import { SafeHalt } from './safe-halt.ts';
import { SessionBook } from './session-book.ts';
import { createSessionPorts } from './session-ports.ts';
import { orderStore, portfolioStore } from './store-ports.ts';
import { StrayFaultLimit } from './stray-fault-limit.ts';
import type { Topics } from './topics.ts';
import { readStreaks, TradeWatch } from './trade-watch.ts';
import { Tree, type TreeLogics } from './tree.ts';

export interface TradingOptions {
  readonly config: Config;
  readonly store: Store;
  readonly mode: SystemView['mode'];
  readonly version: string;
  /** The gateway's, which may differ from the configured one when that is 0. */
  readonly brokerPort: number;
  readonly log: Log;
  /** Where kill files are looked for, and the state of risk is written; null or left out: nowhere. */
  readonly killDir?: string | null;
  /** The command line's entry file, by which the kill switch is tried; left out: it is not tried by itself. */
  readonly entry?: string | undefined;
  /** Waits that differ from the machines' own; for tests that must not take as long as a day of trading. */
  readonly timing?: TradingTiming | undefined;
}

export interface TradingTiming {
  readonly connection?: Partial<ConnectionTiming>;
  readonly desk?: Partial<DeskTiming>;
  readonly barChecks?: Partial<BarCheckTiming>;
  readonly flatten?: Partial<FlattenTiming>;
}

export interface Trading {
  readonly dashboard: DashboardPort;
  /** The running actors by their ids. */
  readonly directory: ActorDirectory;
  readonly recorder: FlightRecorder;
  /** Takes in a failure of this process that nobody caught; valid only in the handler that Node calls with it. */
  strayFault(error: unknown): void;
  /** Drains the sessions, then ends the tree and gives the leases back. Working orders stay at the broker. */
  stop(): Promise<void>;
}

const DAY_MS = 86_400_000;

/** How an end is divided: sessions decide what has closed, then the tree ends, then the journal is written. */
const DRAIN_MS = 700;
const TREE_STOP_MS = 600;

const isDeadHere = (holder: string): boolean => {
  const [host, pid] = holder.split('/');
  return host === hostname() && !isAlive(Number(pid));
};

/**
 * The composition root of what trades: adapters and machines become the running tree. Wiring only; what is decided
 * is decided in `machines/`.
 */
export async function startTrading(options: TradingOptions): Promise<Trading> {
  const { config, store, log } = options;
  const { orders, data, watch } = config.runtime;
  const input = connectionInput(config.runtime, options.brokerPort, options.timing?.connection);
  const now = Date.now;
  /** Actors speak before the dashboard is there to listen. */
  let topics: Topics | null = null;
  const mark = (topic: string, key: string): void => topics?.mark(topic, key);

  const flatten = await readFlatten(store.state);
  const kill: KillWatch = new KillWatch({
    dir: options.killDir ?? null,
    obey: ({ command, cause }) => void dashboard.setRisk(command, cause),
    onFault: (message) => onFault(message),
  });
  const stored = haltedForFlatten(await readRisk(store.state, now()), flatten, now());
  const risk = heldByFile(stored, kill.current(), now());
  const riskParts = await readParts(store.state);
  const status = new LiveStatus(
    {
      connection: initialContext(input, now()).status,
      store: { state: 'up', cause: null, since: now() },
      ...{ risk, riskParts, flatten },
    },
    () => mark('system', 'system'),
  );
  const keepRecord = (): void => {
    const { state, since, cause } = status.risk;
    if (options.killDir == null) return;
    try {
      writeRiskRecord(options.killDir, {
        ...{ pid: process.pid, state, since, cause },
        flatten: status.flatten.phase,
      });
    } catch (error) {
      // It only tells others: what holds is held here, and in the database.
      onFault(`The state of risk could not be written into the data folder: ${failureMessage(error)}`);
    }
  };
  keepRecord();
  const onFault = (message: string): void => {
    log.warn(message);
    status.alarm(message);
  };
  /** Contracts that are known from earlier. */
  const known = await store.instruments.all();
  const broker = createIbBroker({
    log: log.child('broker'),
    now,
    instruments: known,
    onAlarm: (message) => status.alarm(message),
  });

  const keepRisk = createRiskKeeper(store.state, (cause) =>
    onFault(`The risk state is not stored yet, and is tried again: ${cause}`),
  );
  const keepParts = createPartsKeeper(store.state, (cause) =>
    onFault(`Which accounts and sessions are held back is not stored yet, and is tried again: ${cause}`),
  );
  const keepFlatten = createFlattenKeeper(store.state, (cause) =>
    onFault(`What is to be closed is not stored yet, and is tried again: ${cause}`),
  );
  const observers: Observers = await createObservers({
    ...{ config: config.runtime, store, version: options.version, status, log, now, onFault },
    mark,
    halt: () => halt,
  });
  const { directory, recorder, supervision, recoveries } = observers;
  /** What machines read of clock and chance is recorded with the turn that read it. */
  const machineNow = recorded(now);
  const random = recorded(Math.random);

  const turns = createTurns((error) => onFault(`market data listener: ${String(error)}`));
  const hub = createMarketDataHub({
    turns,
    broker: broker.marketData,
    store: {
      saveInstrument: (instrument) => store.instruments.save(instrument),
      append: async (id, timeframe, bars) => {
        await store.bars.append(id, timeframe, bars);
      },
      last: (id, timeframe, count) => store.bars.last(id, timeframe, count),
    },
    now: machineNow,
    lines: config.runtime.broker.marketDataLines,
    barChecks: options.timing?.barChecks ?? {},
    onAlarm: onFault,
    onFault: (error) => onFault(`market data listener: ${String(error)}`),
  });
  const desk = createDeskClient(() => directory.running('orderDesk') as DeskRef | undefined);
  const portfolio = createPortfolioClient(() => directory.running('portfolio') as PortfolioRef | undefined);
  const leases = new LeaseKeeper({
    leases: store.leases,
    holder: `${hostname()}/${process.pid}`,
    isDead: isDeadHere,
    log,
  });
  const halt: SafeHalt = new SafeHalt({
    policy: config.runtime.supervision.workingOrders,
    desk,
    orders: store.orders,
    now,
    onMeasure: ({ message }) => {
      log.error(message);
      status.alarm(message);
      recorder.note('fault', 'process', { type: 'halt', message });
      mark('supervision', 'supervision');
    },
  });

  const warnOfRisk = (message: string): void => {
    log.warn(`risk: ${message}`);
    status.alarm(message);
  };
  const gate = new RiskGate({
    ...{ limits: config.limits, hub, portfolio, now, maxQuoteAgeMs: data.maxQuoteAgeMs },
    known,
    sent: await store.orders.intendedSince(now() - DAY_MS),
    onWarning: warnOfRisk,
  });
  desk.onOrder((order) => gate.noteOrder(order));
  broker.execution.subscribe((news) => {
    if (news.type === 'broker.execution') gate.noteExecution(news.execution);
  });
  const trades = new TradeWatch(
    {
      ...{ limits: config.trades, store: store.executions, state: store.state, now, onFault },
      multiplierOf: (id) => (hub.instrument(id) ?? known.find((each) => each.id === id))?.multiplier ?? null,
      onStreak: (id, cause) =>
        directory
          .running('risk')
          ?.send({ type: 'risk.reduce', cause, author: 'limit', scope: { kind: 'session', id } }),
      onOverheld: (sessionId, id, most, cause) => {
        const who = `Limit on holding of session "${sessionId}"`;
        void closer
          .close({ ...{ instrumentId: id, most, who, reason: cause } })
          .catch((error: unknown) => onFault(`${who}: ${failureMessage(error)}`));
      },
      onWarning: warnOfRisk,
    },
    await readStreaks(store.state),
    riskParts,
  );
  const live = createLiveGate(options, (cause) => {
    const risk = directory.running('risk');
    risk?.send({ type: 'risk.reduce', cause, author: 'limit' });
    if (risk !== undefined) warnOfRisk(cause);
    return risk !== undefined;
  });
  const tradeRefusal = ({ sessionId, purpose }: OrderIntent): string | null =>
    sessionId === null || purpose === 'exit' ? null : trades.refusal(sessionId);
  const riskOf = (account: string | null, sessionId: string | null): RiskStatus => {
    const found = strictest(status.risk, status.riskParts, { account, sessionId });
    return found.state === 'active' ? (live?.held() ?? found) : found;
  };
  const flattenPorts = createFlattenPorts({
    ...{ hub, desk, portfolio, now, maxQuoteAgeMs: data.maxQuoteAgeMs },
    known,
    account: () => status.connection.accounts[0] ?? null,
    lastFillAt: (id) => status.lastFillAt(id),
  });
  const logics: TreeLogics = {
    store: createStoreMachine({
      now: machineNow,
      ping: async () => {
        const began = performance.now();
        await store.ping();
        return performance.now() - began;
      },
    }),
    connection: createConnectionMachine({ ...broker.socket, random, now: machineNow }),
    orderDesk: createDeskMachine({
      ...{ store: orderStore(store), now: machineNow },
      execution: { ...broker.execution, headroom: recorded(broker.execution.headroom) },
      mayLeave: recorded((intent: OrderIntent, leaving: Leaving) => {
        const message = tradeRefusal(intent) ?? gate.refusal(intent, leaving);
        // Halted lets nothing but the orders through that close everything, and those only while that is wanted.
        const isFlatten = isFlattenRef(intent.ref) && isFlattening(status.flatten);
        return (
          (isFlatten ? null : riskRefusal(riskOf(leaving.account, intent.sessionId), intent.purpose)) ??
          restartRefusal(status.connection) ??
          (message === null ? null : { reason: 'riskLimit' as const, message })
        );
      }),
      mayChange: recorded((order: Order, amendment: OrderAmendment, leaving: Leaving) =>
        gate.refusal(
          {
            ...order,
            limitPrice: amendment.limitPrice,
            quantity: decimalString(decimal(amendment.quantity).minus(order.filled)),
          },
          leaving,
        ),
      ),
    }),
    portfolio: createPortfolioMachine({
      ...{ account: broker.account, store: portfolioStore(store), now: machineNow },
    }),
    marketData: hub.logic,
    risk: createRiskMachine(
      machineNow,
      recorded(() => ({ status: status.risk, parts: status.riskParts })),
    ),
    session: withSessionPorts(
      createSessionPorts({
        ...{ hub, desk, portfolio, leases, store, now: machineNow },
        maxQuoteAgeMs: data.maxQuoteAgeMs,
        turns,
        connection: () => readiness(status.connection),
        risk: (sessionId) => riskOf(status.connection.accounts[0] ?? null, sessionId),
        storeStatus: () => status.store,
        lastFillAt: (id) => status.lastFillAt(id),
        undecidedSince: (id) => book.undecidedSince(id),
      }),
    ),
    flatten: createFlattenMachine(
      {
        ...flattenPorts,
        now: machineNow,
        newRef: recorded(flattenPorts.newRef),
        look: recorded(flattenPorts.look),
      },
      recorded(() => status.flatten),
    ),
  };
  const tree: Tree = new Tree({
    logics,
    connection: input,
    deskTiming: {
      ...{ ackMs: orders.ackTimeoutMs, cancelMs: orders.cancelTimeoutMs },
      ...options.timing?.desk,
    },
    risk: { status: risk, parts: riskParts },
    flatten: {
      policy: config.flatten.policy,
      timing: {
        ...flattenTiming,
        patienceMs: config.flatten.patienceMs,
        ...options.timing?.flatten,
      },
    },
    directory,
    actorOptions: { inspect: recorder.inspect },
    ...{ now: machineNow, random },
    onReport: (report) => observers.noteReport(report),
    onGivingUp: (cause) => {
      log.error(`the supervision tree gives up: ${cause}; nothing trades until a restart`);
      const halted: RiskStatus = {
        ...{ state: 'halted', since: now(), author: 'supervisor' },
        cause: `The supervision tree gave up: ${cause}`,
      };
      status.set({ risk: halted });
      keepRisk(halted);
      keepRecord();
    },
    onRootEnd: (cause) => {
      supervision.halted(cause);
      halt.begin(cause);
    },
    onHaltedEnd: (cause) => halt.end(cause),
  });
  const book: SessionBook = new SessionBook({
    tree,
    store: store.sessions,
    decisions: store.decisions,
    onChange: (id) => mark('sessions', id),
    onDecided: (decision) => {
      mark(`decisions:${decision.sessionId}`, String(decision.barTime));
      const actor = tree.session(decision.sessionId);
      observers.noteDecision(actor === undefined ? 'process' : directory.pathOf(actor), decision);
      log.debug(
        `${decision.sessionId}: ${decision.outcome === 'order' ? 'order' : decision.guard}: ${decision.reason}`,
      );
    },
    onFailed: (id, cause) => recoveries.lost('session', id, cause),
    onRemoved: (id) => recoveries.forget('session', id),
    onView: ({ id, state }) => {
      if (state === 'syncing') recoveries.stands('session', id);
      // A restarted one is not wanted yet by itself; what counts is whether a person wants it.
      else if (book.get(id)?.desired === 'stopped') recoveries.forget('session', id);
    },
  });
  const { maxQuoteAgeMs } = data;
  const manualOrders = new ManualOrders({ store, hub, desk, portfolio, status, riskOf, maxQuoteAgeMs });
  const closer = new PositionCloser({ orders: manualOrders, desk, portfolio, onAlarm: onFault });
  const policies = new DifferencePolicies({
    ...{ closer, state: store.state, onAlarm: onFault },
    sessions: {
      all: () => book.ids().flatMap((id) => book.get(id) ?? []),
      pause: (id) => book.command(id, 'pause'),
    },
  });
  const endKeeping = new BracketKeeper({
    ...{ desk, portfolio, now, orders: store.orders, onAlarm: onFault },
    lastFillAt: (id) => status.lastFillAt(id),
  }).start();
  const reconciler = new Reconciler({
    ...{ desk, portfolio, store, now },
    onLook: (differences) => void policies.treat(differences),
    onCompared: () => mark('reconciliation', 'reconciliation'),
  });
  let endReconciling = (): void => undefined;
  desk.onState((state) => {
    endReconciling();
    if (state !== 'open') return;
    // What fails now, because the broker went away again, is done at the next opening.
    endReconciling = reconciler.watch((cause) => log.info(`not reconciled this time: ${cause}`));
  });
  const losses = new LossWatch(
    {
      ...{ limits: config.losses, portfolio, state: store.state, onFault },
      onSoft: warnOfRisk,
      onHard: (action, cause) =>
        directory.running('risk')?.send({ type: `risk.${action}`, cause, author: 'limit' }),
    },
    await readPeaks(store.state),
  );
  const positions = new PositionKeeper({ portfolio, lastFillAt: (id) => status.lastFillAt(id) });
  const pnl = new PnlBook({ store: store.executions, portfolio, hub, known });
  const drills = createDrillKeeper(options, onFault);
  const plan = new RiskPlan({
    ...{ config, portfolio, drills },
    account: () => status.connection.accounts[0] ?? null,
    sessions: () => book.ids().flatMap((id) => book.get(id) ?? []),
  });
  const dashboard = new DashboardPort({
    ...{ mode: options.mode, version: options.version, startedAt: now() },
    ...{ store, hub, desk, portfolio, book, tree, status, riskOf, pnl, plan, live, onFault, maxQuoteAgeMs },
    orders: manualOrders,
    killFile: () => kill.current(),
    brokerLoad: broker.load,
    supervision: () => supervision.view(),
    reconciler,
    journal: createJournalReader({
      journal: store.journal,
      program: options.version,
      rootLogic: (id) => tree.logicOf(id),
    }),
  });
  topics = dashboard.topics;

  followActors({
    ...{ directory, status, hub, desk, portfolio, recoveries, log, now },
    keepRisk: (changed) => {
      keepRisk(changed);
      keepRecord();
    },
    keepParts: (parts) => {
      keepParts(parts);
      trades.noteParts(parts);
    },
    keepFlatten: (changed) => {
      keepFlatten(changed);
      keepRecord();
    },
  });
  followFacts({
    ...{ topics, status, hub, desk, portfolio, book, tree, pnl, trades, positions, log, now },
    execution: broker.execution,
  });
  hub.onQuote((quote) => observers.noteQuote(quote));

  try {
    for (const strategy of [...builtinStrategies, ...config.strategies])
      await store.strategies.save(strategy);
    await book.load(config.sessions);
    await mayTradeLive(live, book);
  } catch (error) {
    await observers.close();
    throw error;
  }
  const released = watch.map(({ timeframes, ...key }) => hub.watch(key, timeframes));
  tree.start();
  const [endKillWatch, endLossWatch] = [kill.start(), losses.start()];
  const endLive = live?.start();
  const endTradeWatch = trades.start();
  const endDrills = drills?.start();

  const strays = new StrayFaultLimit();
  return {
    dashboard,
    directory,
    recorder,
    strayFault: (error) => {
      if (observers.noteStray(error) || !strays.isExceeded(now())) return;
      tree.giveUp('failures outside every actor came too often');
    },
    stop: async () => {
      endKillWatch();
      endLive?.();
      endTradeWatch();
      endDrills?.();
      endLossWatch();
      endReconciling();
      positions.close();
      endKeeping();
      await book.drain(DRAIN_MS);
      for (const release of released) release();
      // What does not end in time is ended by the process.
      await Promise.race([tree.stop(), pause(TREE_STOP_MS, null, { ref: false })]);
      await leases.close();
      await observers.close();
      dashboard.topics.close();
    },
  };
}
