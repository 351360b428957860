import { z } from 'zod';
import { type Timeframe, timeframeMs } from '../../machines/domain/bar.ts';
import { instrumentId } from '../../machines/domain/instrument.ts';
import type { SessionDefinition } from '../../machines/domain/session.ts';
import type { MarketDataHub } from '../../machines/feed/hub.types.ts';
import type { DeskClient } from '../../machines/order/desk.client.ts';
import type { PortfolioClient } from '../../machines/portfolio/portfolio.client.ts';
import type { RiskScope } from '../../machines/risk/risk.status.ts';
import { parseParameters, strategyKinds } from '../../machines/strategies/registry.ts';
import type { BrokerLoad } from '../broker/ib/link-holder.ts';
import type { PriceView } from '../contract/market.schema.ts';
import type { OrderChange, OrderResult, PnlView, PositionView } from '../contract/portfolio.schema.ts';
import type { RiskPlanView } from '../contract/risk.schema.ts';
import type { SessionDraft, SessionView } from '../contract/session.schema.ts';
import type { StrategyKindView, StrategyView } from '../contract/strategy.schema.ts';
import type { SupervisionView } from '../contract/supervision.schema.ts';
import type { SystemView } from '../contract/system.schema.ts';
import { type JournalReader, Refusal, type RiskCommand, type RuntimePort } from '../http/runtime.port.ts';
import { type KillFile, strictness } from '../process/kill-file.ts';
import type { Store } from '../store/store.ts';
import type { LiveGate } from './live-gate.ts';
import type { LiveStatus } from './live-status.ts';
import type { ManualOrders, ManualOrdersOptions } from './manual-orders.ts';
import type { Draft } from './order-draft.ts';
import { type PnlBook, pnlKey } from './pnl-book.ts';
import type { Reconciler } from './reconciler.ts';
import type { RiskPlan } from './risk-plan.ts';
import type { SessionBook } from './session-book.ts';
import { Topics } from './topics.ts';
import type { Tree } from './tree.ts';
import {
  accountViews,
  armingView,
  flattenView,
  loadView,
  positionView,
  priceView,
  sessionView,
  tradeView,
} from './views.ts';

export interface DashboardOptions extends ManualOrdersOptions {
  readonly mode: SystemView['mode'];
  readonly version: string;
  readonly startedAt: number;
  readonly store: Store;
  readonly hub: MarketDataHub;
  readonly desk: DeskClient;
  readonly portfolio: PortfolioClient;
  readonly book: SessionBook;
  readonly tree: Tree;
  readonly status: LiveStatus;
  /** The file that holds trading; null: none does. */
  readonly killFile: () => KillFile | null;
  readonly brokerLoad: () => BrokerLoad;
  readonly supervision: () => SupervisionView;
  readonly orders: ManualOrders;
  readonly reconciler: Reconciler;
  readonly journal: JournalReader;
  readonly pnl: PnlBook;
  readonly plan: RiskPlan;
  /** null: no money is real. */
  readonly live: LiveGate | null;
  readonly onFault: (message: string) => void;
}

const TRADES_SHOWN = 200;
const DECISIONS_SHOWN = 200;
const BARS_SHOWN = 500;

const isTimeframe = (text: string): text is Timeframe => Object.hasOwn(timeframeMs, text);

function timeframeOf(text: string): Timeframe {
  if (isTimeframe(text)) return text;
  const known = Object.keys(timeframeMs).join(', ');
  throw new Refusal(400, 'bad-timeframe', `timeframe: found "${text}", expected one of ${known}`);
}

const keyed = <T>(items: readonly T[], key: (item: T) => string, keys: ReadonlySet<string>): Map<string, T> =>
  new Map(items.map((item) => [key(item), item] as const).filter(([name]) => keys.has(name)));

/** The running system as the web server sees it: reads for the topics, commands for the routes. */
export class DashboardPort implements RuntimePort {
  readonly topics: Topics;
  readonly journal: JournalReader;
  readonly #options: DashboardOptions;
  readonly #orders: ManualOrders;
  readonly #reconciler: Reconciler;

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.journal = options.journal;
    this.#orders = options.orders;
    this.#reconciler = options.reconciler;
    this.topics = new Topics(this.#sources(), options.onFault);
  }

  snapshot(topic: string): Promise<readonly unknown[]> {
    return this.topics.snapshot(topic);
  }

  subscribe(listener: Parameters<RuntimePort['subscribe']>[0]): () => void {
    return this.topics.subscribe(listener);
  }

  setWatchedTopics(topics: ReadonlySet<string>): void {
    this.topics.watch(topics);
  }

  system(): SystemView {
    const { status, hub, desk, mode, version, startedAt, brokerLoad, live } = this.#options;
    const { connection } = status;
    return {
      version,
      startedAt,
      mode,
      arming: armingView(live?.arming() ?? null),
      connection: {
        ...connection,
        accounts: [...connection.accounts],
        farms: connection.farms.map((farm) => ({ ...farm })),
      },
      load: loadView(brokerLoad(), desk.waitingToLeave(), hub.lines()),
      store: { ...status.store },
      risk: { ...status.risk },
      riskParts: status.riskParts.map(({ scope, status: part }) => ({ scope, status: { ...part } })),
      flatten: flattenView(status.flatten),
      orderDesk: desk.state(),
      marketTime: hub.marketTime(),
      alarms: [...status.alarms],
    };
  }

  supervision(): SupervisionView {
    return this.#options.supervision();
  }

  riskPlan(): RiskPlanView {
    return this.#options.plan.view();
  }

  sessions(): readonly SessionView[] {
    return this.#options.book.ids().flatMap((id) => this.#sessionView(id) ?? []);
  }

  session(id: string): SessionView {
    const view = this.#sessionView(id);
    if (view === null)
      throw new Refusal(404, 'unknown-session', `session: found no "${id}", expected the id of a session`);
    return view;
  }

  async createSession(draft: SessionDraft): Promise<SessionView> {
    const { book, store, plan } = this.#options;
    if (book.get(draft.id) !== null) {
      const message = `session: found "${draft.id}" in use, expected a new id`;
      throw new Refusal(409, 'session-exists', message, [{ path: 'id', message }]);
    }
    if ((await store.strategies.get(draft.strategy)) === null) {
      const names = (await store.strategies.all()).map((strategy) => strategy.name).join(', ');
      const message = `strategy: found "${draft.strategy}", expected one of ${names}`;
      throw new Refusal(422, 'unknown-strategy', message, [{ path: 'strategy', message }]);
    }
    const definition: SessionDefinition = { ...draft, name: draft.name ?? draft.id, origin: 'dashboard' };
    const broken = plan.refusal(definition);
    if (broken !== null) {
      const message = `sizing: ${broken}`;
      throw new Refusal(422, 'breaks-limit', message, [{ path: 'sizing', message }]);
    }
    await this.#mayTrade(definition, draft.active);
    await book.create(definition);
    return this.session(draft.id);
  }

  async commandSession(id: string, command: 'start' | 'pause' | 'resume' | 'stop'): Promise<SessionView> {
    this.session(id);
    const definition = this.#options.book.get(id)?.definition;
    if (definition !== undefined)
      await this.#mayTrade(definition, command === 'start' || command === 'resume');
    await this.#options.book.command(id, command);
    return this.session(id);
  }

  /** @throws Refusal 409 where money is real and the strategy of a session that is to trade was never tried */
  async #mayTrade(definition: SessionDefinition, wanted: boolean): Promise<void> {
    const refusal = wanted ? ((await this.#options.live?.untried([definition])) ?? null) : null;
    if (refusal !== null) throw new Refusal(409, 'not-tried', `live trading: ${refusal}`);
  }

  async removeSession(id: string): Promise<void> {
    const view = this.session(id);
    if (view.origin === 'config') {
      const message = `session: found "${id}" declared in the configuration, expected one made in the dashboard; take it out of config/sessions`;
      throw new Refusal(409, 'session-declared', message);
    }
    if (view.state !== 'idle' || view.desired !== 'stopped') {
      throw new Refusal(
        409,
        'session-running',
        `session: found "${id}" ${view.state}, expected it stopped first`,
      );
    }
    await this.#options.book.remove(id);
  }

  async decisions(sessionId: string, query: { limit: number; before?: number }) {
    this.session(sessionId);
    const found = await this.#options.store.decisions.list({ sessionId, ...query });
    return found.map((decision) => ({ ...decision, values: { ...decision.values } }));
  }

  async trades(query: Parameters<RuntimePort['trades']>[0]) {
    return (await this.#options.store.trades.list(query)).map(tradeView);
  }

  placeOrder(draft: Draft): Promise<OrderResult> {
    return this.#orders.place(draft);
  }

  changeOrder(ref: string, change: OrderChange): Promise<OrderResult> {
    return this.#orders.change(ref, change);
  }

  cancelOrder(ref: string): Promise<OrderResult> {
    return this.#orders.cancel(ref);
  }

  reconcile(options: { accept: boolean }) {
    return this.#reconciler.run(options);
  }

  async refreshPositions(): Promise<readonly PositionView[]> {
    try {
      await this.#options.portfolio.refresh();
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw new Refusal(503, 'broker-unavailable', `positions: the broker could not be asked: ${cause}`);
    }
    return this.#positions();
  }

  async bars(query: Parameters<RuntimePort['bars']>[0]) {
    const { instrumentId: id, limit, before } = query;
    this.#options.hub.use(id);
    return [...(await this.#options.store.bars.last(id, timeframeOf(query.timeframe), limit, before))];
  }

  async strategies(): Promise<readonly StrategyView[]> {
    const stored = await this.#options.store.strategies.all();
    return stored.map((strategy) => ({ ...strategy, parameters: { ...strategy.parameters } }));
  }

  strategyKinds(): readonly StrategyKindView[] {
    return Object.values(strategyKinds).map(({ kind, title, description, parameters }) => ({
      kind,
      title,
      description,
      parameters: z.toJSONSchema(parameters, { io: 'input' }),
    }));
  }

  async saveStrategy(draft: Parameters<RuntimePort['saveStrategy']>[0]): Promise<StrategyView> {
    const { store } = this.#options;
    const parsed = parseParameters(draft.kind, draft.parameters);
    if (!parsed.ok) {
      const errors = parsed.problems.map(({ path, found, expected }) => ({
        path: path === 'kind' ? 'kind' : `parameters.${path}`,
        message: `found ${found}, expected ${expected}`,
      }));
      throw new Refusal(422, 'bad-parameters', `strategy "${draft.name}": the parameters do not fit`, errors);
    }
    if ((await store.strategies.get(draft.name)) !== null) {
      const message = `strategy: found "${draft.name}" in use, expected a new name`;
      throw new Refusal(409, 'strategy-exists', message, [{ path: 'name', message }]);
    }
    const saved = { ...draft, parameters: parsed.value, origin: 'dashboard' as const };
    await store.strategies.save(saved);
    return { ...saved, parameters: { ...saved.parameters } };
  }

  /** @param scope left out: the whole. @throws Refusal */
  setRisk(command: RiskCommand, cause: string, scope?: RiskScope): SystemView {
    if (this.#options.supervision().state === 'halted') {
      throw new Refusal(
        409,
        'supervision-halted',
        'risk: found the supervision halted for good, expected it running; start Tradewarden again, then resume',
      );
    }
    const file = this.#options.killFile();
    if (file !== null && strictness(command) < strictness(file.command)) {
      const message = `risk: found the file ${file.path}, expected none; take it away, then ${command}`;
      throw new Refusal(409, 'kill-file', message);
    }
    const { directory } = this.#options.tree;
    const [risk, flatten] = [directory.running('risk'), directory.running('flatten')];
    if (risk === undefined || flatten === undefined) {
      throw new Refusal(
        503,
        'risk-restarting',
        'risk: it is being started again; nothing was changed, repeat it',
      );
    }
    if (scope !== undefined) {
      this.#requirePart(command, scope);
      risk.send({ type: `risk.${command}`, cause, author: 'person', scope });
    } else if (command === 'flatten') {
      // What is wanted is known before anything is halted: a crash in between finds it.
      flatten.send({ type: 'flatten.start', cause, author: 'person' });
      risk.send({ type: 'risk.halt', cause: `Everything is closed: ${cause}`, author: 'person' });
    } else {
      if (command !== 'halt') flatten.send({ type: 'flatten.stop', cause });
      risk.send({ type: `risk.${command}`, cause, author: 'person' });
    }
    return this.system();
  }

  /** @throws Refusal unless a part of that name is there and can be told so */
  #requirePart(
    command: RiskCommand,
    { kind, id }: RiskScope,
  ): asserts command is Exclude<RiskCommand, 'flatten'> {
    if (command === 'flatten') {
      const message = `risk: found flatten for the ${kind} "${id}", expected it for everything; flatten closes all positions`;
      throw new Refusal(422, 'flatten-all', message);
    }
    const { book, status } = this.#options;
    const known = kind === 'session' ? book.ids() : status.connection.accounts;
    if (known.includes(id)) return;
    const message = `risk: found no ${kind} "${id}", expected one of ${known.join(', ') || 'none yet'}`;
    throw new Refusal(404, `unknown-${kind}`, message);
  }

  #sessionView(id: string): SessionView | null {
    const { book, portfolio, desk } = this.#options;
    const entry = book.get(id);
    if (entry?.view == null) return null;
    return sessionView(entry.view, {
      desired: entry.desired,
      restarts: Math.max(0, entry.starts - 1),
      error: entry.lastError,
      position: portfolio.position(instrumentId(entry.definition.instrument)),
      positionsKnown: portfolio.snapshot().asOf !== null,
      ordersInFlight: desk.inFlight({ sessionId: id }).length,
    });
  }

  #prices(): PriceView[] {
    const { hub } = this.#options;
    return hub.status().map((feed) =>
      priceView({
        key: feed.key,
        instrument: hub.instrument(feed.instrumentId),
        timeframes: feed.timeframes,
        quote: hub.quote(feed.instrumentId),
        marketOpen: hub.isOpen(feed.instrumentId),
        feed,
      }),
    );
  }

  #positions(): PositionView[] {
    const { portfolio, hub } = this.#options;
    const { positions, positionValues } = portfolio.snapshot();
    return positions.map((position) => {
      const value = positionValues.find(
        (each) => each.instrumentId === position.instrumentId && each.account === position.account,
      );
      return positionView(position, value ?? null, hub.instrument(position.instrumentId));
    });
  }

  #sources(): ConstructorParameters<typeof Topics>[0] {
    const { portfolio, store, tree } = this.#options;
    const accounts = () => {
      const { values, pnl } = portfolio.snapshot();
      return accountViews(values, pnl);
    };
    const pnl = async (): Promise<PnlView[]> =>
      (await this.#options.pnl.rows()).map((row) => ({ ...row, key: pnlKey(row) }));
    const trades = async (limit: number) => (await store.trades.list({ limit })).map(tradeView);
    const decisions = (sessionId: string, limit: number) => store.decisions.list({ sessionId, limit });
    const bars = async (parameter: string, limit: number) => {
      const cut = parameter.lastIndexOf(':');
      const timeframe = timeframeOf(parameter.slice(cut + 1));
      const found = await store.bars.last(parameter.slice(0, cut), timeframe, limit);
      return found.map((bar) => ({ ...bar, closed: true }));
    };
    const list = <T>(read: () => T[], key: (item: T) => string) => ({
      list: () => read(),
      items: (keys: ReadonlySet<string>) => keyed(read(), key, keys),
    });
    return {
      system: list(
        () => [this.system()],
        () => 'system',
      ),
      actors: list(
        () => tree.directory.views(),
        (actor) => actor.path,
      ),
      supervision: list(
        () => [this.supervision()],
        () => 'supervision',
      ),
      prices: list(
        () => this.#prices(),
        (price) => price.instrumentId,
      ),
      positions: list(
        () => this.#positions(),
        (position) => `${position.account}/${position.instrumentId}`,
      ),
      account: list(accounts, (account) => account.account),
      sessions: list(
        () => [...this.sessions()],
        (session) => session.id,
      ),
      reconciliation: list(
        () => [this.#reconciler.last ?? []].flat(),
        () => 'reconciliation',
      ),
      pnl: {
        list: () => pnl(),
        items: async (keys) => keyed(await pnl(), (row) => row.key, keys),
      },
      trades: {
        list: () => trades(TRADES_SHOWN),
        items: async (keys) => keyed(await trades(TRADES_SHOWN), (trade) => trade.key, keys),
      },
      decisions: {
        list: (sessionId) => decisions(sessionId, DECISIONS_SHOWN),
        items: async (keys, sessionId) =>
          keyed(await decisions(sessionId, DECISIONS_SHOWN), (decision) => String(decision.barTime), keys),
      },
      bars: {
        list: (parameter) => bars(parameter, BARS_SHOWN),
        items: async (keys, parameter) => keyed(await bars(parameter, 50), (bar) => String(bar.time), keys),
      },
    };
  }
}
