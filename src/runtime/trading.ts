import { hostname } from 'node:os';
import type { ConnectionEmitted } from '../../machines/connection/connection.events.ts';
import { initialContext } from '../../machines/connection/connection.logic.ts';
import { createConnectionMachine } from '../../machines/connection/connection.machine.ts';
import type { ConnectionNews } from '../../machines/connection/connection.ports.ts';
import { instrumentId } from '../../machines/domain/instrument.ts';
import { isFinal, sourceOfRef } from '../../machines/domain/order.ts';
import { createMarketDataHub } from '../../machines/feed/hub.ts';
import { createDeskClient, type DeskRef } from '../../machines/order/desk.client.ts';
import { createDeskMachine } from '../../machines/order/desk.machine.ts';
import { createPortfolioClient, type PortfolioRef } from '../../machines/portfolio/portfolio.client.ts';
import { createPortfolioMachine } from '../../machines/portfolio/portfolio.machine.ts';
import type { RiskEmitted } from '../../machines/risk/risk.events.ts';
import { createRiskMachine } from '../../machines/risk/risk.machine.ts';
import { type RiskStatus, riskRefusal } from '../../machines/risk/risk.status.ts';
import { withSessionPorts } from '../../machines/session/session.machine.ts';
import { createStoreMachine, type StoreEmitted } from '../../machines/store/store.machine.ts';
import { builtinStrategies } from '../../machines/strategies/builtin.ts';
import { createIbBroker } from '../broker/ib/ib-broker.ts';
import type { Config } from '../config/load.ts';
import type { SystemView } from '../contract/system.schema.ts';
import type { Store } from '../store/store.ts';
import type { ActorDirectory } from './actor-directory.ts';
import { DashboardPort } from './dashboard-port.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { LiveStatus } from './live-status.ts';
import type { Log } from './log.ts';
import { createRiskKeeper, readRisk } from './risk-memory.ts';
import { SessionBook } from './session-book.ts';
import { createSessionPorts } from './session-ports.ts';
import { orderStore, portfolioStore } from './store-ports.ts';
import type { Topics } from './topics.ts';
import { Tree } from './tree.ts';

export interface TradingOptions {
  readonly config: Config;
  readonly store: Store;
  readonly mode: SystemView['mode'];
  readonly version: string;
  /** The gateway's, which may differ from the configured one when that is 0. */
  readonly brokerPort: number;
  readonly log: Log;
}

export interface Trading {
  readonly dashboard: DashboardPort;
  /** The running actors by their ids. */
  readonly directory: ActorDirectory;
  /** Drains the sessions, then ends the tree and gives the leases back. Working orders stay at the broker. */
  stop(): Promise<void>;
}

const DRAIN_MS = 1_500;

const isDeadHere = (holder: string): boolean => {
  const [host, pid] = holder.split('/');
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
};

/**
 * The composition root of what trades: adapters and machines become the running tree. Wiring only; what is decided
 * is decided in `machines/`.
 */
export async function startTrading(options: TradingOptions): Promise<Trading> {
  const { config, store, log } = options;
  const { broker: endpoint, orders, data, watch } = config.runtime;
  const address = { host: endpoint.host, port: options.brokerPort, clientId: endpoint.clientId };
  const now = Date.now;
  const broker = createIbBroker({
    log: log.child('broker'),
    now,
    instruments: await store.instruments.all(),
  });

  /** Actors speak before the dashboard is there to listen. */
  let topics: Topics | null = null;
  const mark = (topic: string, key: string): void => topics?.mark(topic, key);
  const markAll = (topic: string): void => topics?.markAll(topic);

  const risk: RiskStatus = await readRisk(store.state, now());
  const status = new LiveStatus(
    {
      connection: initialContext({ endpoint: address }, now()).status,
      store: { state: 'up', cause: null, since: now() },
      risk,
    },
    () => mark('system', 'system'),
  );
  const onFault = (message: string): void => {
    log.warn(message);
    status.alarm(message);
  };

  const hub = createMarketDataHub({
    broker: broker.marketData,
    store: {
      saveInstrument: (instrument) => store.instruments.save(instrument),
      append: async (id, timeframe, bars) => {
        await store.bars.append(id, timeframe, bars);
      },
      last: (id, timeframe, count) => store.bars.last(id, timeframe, count),
    },
    onFault: (error) => onFault(`market data listener: ${String(error)}`),
  });
  const desk = createDeskClient(() => tree.directory.running('orderDesk') as DeskRef | undefined);
  const portfolio = createPortfolioClient(
    () => tree.directory.running('portfolio') as PortfolioRef | undefined,
  );
  const leases = new LeaseKeeper({
    leases: store.leases,
    holder: `${hostname()}/${process.pid}`,
    isDead: isDeadHere,
    log,
  });

  const tree: Tree = new Tree({
    logics: {
      store: createStoreMachine({
        now,
        ping: async () => {
          const began = performance.now();
          await store.ping();
          return performance.now() - began;
        },
      }),
      connection: createConnectionMachine({ ...broker.socket, random: Math.random, now }),
      orderDesk: createDeskMachine({
        ...{ execution: broker.execution, store: orderStore(store), now },
        mayLeave: ({ purpose }) => riskRefusal(status.risk, purpose),
      }),
      portfolio: createPortfolioMachine({ account: broker.account, store: portfolioStore(store), now }),
      marketData: hub.logic,
      risk: createRiskMachine(now, () => status.risk),
      session: withSessionPorts(
        createSessionPorts({
          ...{ hub, desk, portfolio, leases, store, now },
          maxQuoteAgeMs: data.maxQuoteAgeMs,
          connection: () => ({ ready: status.connection.phase === 'ready', cause: status.connection.cause }),
          risk: () => status.risk,
          storeStatus: () => status.store,
          lastFillAt: (id) => status.lastFillAt(id),
          undecidedSince: (id) => book.undecidedSince(id),
        }),
      ),
    },
    connection: { endpoint: address, autoConnect: true },
    orders,
    risk,
    onReport: (report) => {
      const tell = report.context === 'childStopped' ? log.debug : log.warn;
      tell(`supervisor ${report.supervisor}: ${report.context}: ${report.reason}`);
      if (report.context === 'gaveUp' || report.context === 'specRefused')
        status.alarm(`Supervisor ${report.supervisor}: ${report.context}: ${report.reason}`);
    },
    onRootEnd: (cause) => {
      log.error(`the supervision tree ended: ${cause}; nothing trades until a restart`);
      status.set({
        risk: {
          state: 'halted',
          since: now(),
          cause: `The supervision tree ended: ${cause}`,
          author: 'supervisor',
        },
      });
      status.alarm('The supervision tree ended: nothing trades until Tradewarden is restarted.');
    },
    onActorChange: (path) => mark('actors', path),
    onFault,
  });
  const book: SessionBook = new SessionBook({
    tree,
    store: store.sessions,
    decisions: store.decisions,
    onChange: (id) => mark('sessions', id),
    onDecided: (decision) => {
      mark(`decisions:${decision.sessionId}`, String(decision.barTime));
      log.debug(
        `${decision.sessionId}: ${decision.outcome === 'order' ? 'order' : decision.guard}: ${decision.reason}`,
      );
    },
  });
  const dashboard = new DashboardPort({
    ...{ mode: options.mode, version: options.version, startedAt: now() },
    ...{ store, hub, desk, portfolio, book, tree, status, onFault },
    maxQuoteAgeMs: data.maxQuoteAgeMs,
  });
  topics = dashboard.topics;

  /** The news of the connection, to everyone who lives by them. */
  const tell = (news: ConnectionNews): void => {
    for (const id of ['orderDesk', 'portfolio']) tree.directory.running(id)?.send(news);
    if (news.type === 'connection.ready') hub.connectionReady();
    else hub.connectionLost(news.cause);
  };
  tree.directory.onStart('connection', (ref) => {
    ref.on('*', (event) => {
      const emitted = event as ConnectionEmitted;
      if (emitted.type !== 'connection.changed') return tell(emitted);
      if (emitted.status.phase !== status.connection.phase) {
        log.info(
          `broker ${emitted.status.phase}${emitted.status.cause === null ? '' : `: ${emitted.status.cause}`}`,
        );
      }
      if (emitted.status.marketTime !== null) hub.setMarketTime(emitted.status.marketTime);
      status.set({ connection: emitted.status });
    });
    // It could not say goodbye: until it is back nothing is ready, and everyone sees so.
    const end = (): void => {
      const cause = 'the connection actor is being started again';
      status.set({ connection: { ...status.connection, phase: 'disconnected', since: now(), cause } });
      hub.connectionLost(cause);
    };
    ref.subscribe({ error: end, complete: end });
  });
  // A desk or portfolio that starts under a ready connection asks for everything anew.
  for (const id of ['orderDesk', 'portfolio']) {
    tree.directory.onStart(id, () => {
      queueMicrotask(() => {
        if (id === 'orderDesk') desk.deskStarted();
        else portfolio.portfolioStarted();
        if (status.connection.phase === 'ready')
          tree.directory.running('connection')?.send({ type: 'connection.reload' });
      });
    });
  }
  tree.directory.onStart('store', (ref) => {
    ref.on('store.changed', (event) => status.set({ store: (event as StoreEmitted).status }));
  });
  const keepRisk = createRiskKeeper(store.state, (cause) =>
    onFault(`The risk state is not stored yet, and is tried again: ${cause}`),
  );
  // A restarted one begins with what was said last: see `recall`.
  tree.directory.onStart('risk', (ref) => {
    ref.on('risk.changed', (event) => {
      const { status: risk } = event as RiskEmitted;
      log.warn(`risk is ${risk.state}: ${risk.cause} (${risk.author})`);
      status.set({ risk });
      keepRisk(risk);
    });
  });

  // A fill makes positions that are older stale at once, before it is stored; see also `onExecution` below.
  broker.execution.subscribe((news) => {
    if (news.type === 'broker.execution') status.noteFill(news.execution.instrumentId, now());
  });
  hub.onQuote((quote) => {
    mark('prices', quote.instrumentId);
    mark('system', 'system');
  });
  hub.onFeed((feed) => mark('prices', feed.instrumentId));
  hub.onBar(({ instrumentId: id, timeframe, bar }) => mark(`bars:${id}:${timeframe}`, String(bar.time)));
  const told = new Map<string, string>();
  desk.onOrder((order) => {
    // A fill changes the order too; the log tells of states.
    if (told.get(order.ref) !== order.state) {
      const words = order.message === null ? '' : `: ${order.message}`;
      log.info(
        `order ${order.ref}: ${order.state}, ${order.side} ${order.filled}/${order.quantity} ${order.instrumentId}${words}`,
      );
    }
    if (isFinal(order.state)) told.delete(order.ref);
    else told.set(order.ref, order.state);
    mark('trades', order.ref);
    if (order.sessionId !== null) mark('sessions', order.sessionId);
  });
  desk.onExecution((execution) => {
    status.noteFill(execution.instrumentId, now());
    const { source } = sourceOfRef(execution.orderRef);
    mark('trades', source === 'ibkr' ? `perm:${execution.permId}` : (execution.orderRef ?? ''));
    for (const id of book.ids()) {
      const entry = book.get(id);
      if (entry !== null && instrumentId(entry.definition.instrument) === execution.instrumentId) {
        tree.session(id)?.send({ type: 'session.sync' });
      }
    }
  });
  desk.onCommission(() => markAll('trades'));
  desk.onAlarm((message) => {
    log.error(`order desk: ${message}`);
    status.alarm(message);
  });
  desk.onState(() => mark('system', 'system'));
  portfolio.onAlarm((message) => {
    log.error(`portfolio: ${message}`);
    status.alarm(message);
  });
  portfolio.onChange(() => {
    markAll('positions');
    markAll('account');
    markAll('sessions');
  });

  for (const strategy of [...builtinStrategies, ...config.strategies]) await store.strategies.save(strategy);
  await book.load(config.sessions);
  const released = watch.map(({ timeframes, ...key }) => hub.watch(key, timeframes));
  tree.start();

  return {
    dashboard,
    directory: tree.directory,
    stop: async () => {
      await book.drain(DRAIN_MS);
      for (const release of released) release();
      await tree.stop();
      await leases.close();
      dashboard.topics.close();
    },
  };
}
