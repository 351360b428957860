import { afterEach } from 'vitest';
import type { PriceView } from '../../../src/contract/market.schema.ts';
import type { OrderResult } from '../../../src/contract/portfolio.schema.ts';
import type { DecisionView } from '../../../src/contract/session.schema.ts';
import type { SystemView } from '../../../src/contract/system.schema.ts';
import { openWorld, type World, type WorldOptions } from '../../src/runtime/trading.world.ts';
import { until } from '../../support/system.ts';
import { hasty, idOf, symbols } from '../../support/trading-world.ts';

/** What people meet with IBKR, each to be survived: the field notes' section 4, by number. */
export class Story {
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  get system(): SystemView {
    return this.world.trading.dashboard.system();
  }

  phase = (phase: SystemView['connection']['phase'], limitMs?: number): Promise<unknown> =>
    until(`the connection is ${phase}`, () => this.system.connection.phase === phase, limitMs);

  /** How often the connection became ready. */
  readies = (): number => this.world.readies();

  prices = async (): Promise<readonly PriceView[]> =>
    (await this.world.trading.dashboard.snapshot('prices')) as readonly PriceView[];

  /** Whether something holds for the feed of every instrument that sessions trade; all of them are there then. */
  everyFeed = async (holds: (feed: PriceView['feed']) => boolean): Promise<boolean> => {
    const prices = await this.prices();
    return prices.length >= symbols.length && prices.every(({ feed }) => holds(feed));
  };

  /** Waits until every feed has given a fresh value of all that it subscribed to. */
  feedsLive = (limitMs?: number): Promise<unknown> =>
    until('every feed is live', () => this.everyFeed(({ state }) => state === 'live'), limitMs);

  decisions = async (): Promise<readonly DecisionView[]> => {
    const each = symbols.map((symbol) =>
      this.world.trading.dashboard.decisions(idOf(symbol), { limit: 500 }),
    );
    return (await Promise.all(each)).flat();
  };

  /** Waits for so many more decisions. */
  decide = async (more: number): Promise<void> => {
    const count = async () =>
      Number((await this.world.rows<{ n: string }>('select count(*) as n from decisions'))[0]?.n);
    const before = await count();
    await until(`${more} more decisions`, async () => (await count()) >= before + more);
  };

  /** A limit order in the dashboard that rests far from the market. */
  rest = async (quantity = '3'): Promise<string> => {
    const { ref, message } = await this.order({ quantity });
    if (ref === null) throw new Error(`the order was not placed: ${message}`);
    await this.state(ref, 'working');
    return ref;
  };

  order = (change: { quantity?: string; limitPrice?: string } = {}): Promise<OrderResult> =>
    this.world.trading.dashboard.placeOrder({
      ...{ instrumentId: 'SP500.STK.SMART.USD', side: 'BUY', quantity: '3', orderType: 'LMT' },
      ...{ limitPrice: '1', timeInForce: 'GTC', ...change },
    });

  stateOf = async (ref: string): Promise<string | undefined> =>
    (await this.world.rows<{ state: string }>(`select state from orders where key = '${ref}'`))[0]?.state;

  state = (ref: string, state: string): Promise<unknown> =>
    until(`order ${ref} is ${state}`, async () => (await this.stateOf(ref)) === state);

  filled = async (ref: string): Promise<number> =>
    Number(
      (await this.world.rows<{ n: string }>(`select filled as n from orders where key = '${ref}'`))[0]?.n,
    );

  /** The gateway's own orders under a ref. */
  atGateway = (ref: string) =>
    this.world.gateway.broker.desk.orders().filter(({ ticket }) => ticket.orderRef === ref);

  /** Orders that sessions intended so far. */
  intents = async (): Promise<number> =>
    Number((await this.world.rows<{ n: string }>('select count(*) as n from order_intents'))[0]?.n);

  /** Bars of the gateway between the first and the last decided one that are not stored here. */
  missingBars = async (): Promise<string[]> => {
    const rows = await this.world.rows<{ id: string; time: string }>(
      `select s.instrument_id as id, b.time from bars b join bar_series s on s.id = b.series_id
       join (select instrument_id, min(bar_time) as low, max(bar_time) as high from decisions group by 1) d
         on d.instrument_id = s.instrument_id where b.time between d.low and d.high`,
    );
    const { instruments } = this.world.gateway.broker.market;
    return instruments.flatMap(({ config, bars }) => {
      const stored = rows
        .filter(({ id }) => id.startsWith(`${config.symbol}.`))
        .map(({ time }) => dayOf(Number(time)));
      const [low = '', high = ''] = [stored.toSorted().at(0), stored.toSorted().at(-1)];
      return bars
        .map(({ start }) => dayOf(start))
        .filter((day) => day >= low && day <= high && !stored.includes(day))
        .map((day) => `${config.symbol} ${day}`);
    });
  };

  alarms = (): string[] => this.system.alarms.map(({ message }) => message);
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

let open: World | undefined;
afterEach(async () => {
  await open?.end();
  open = undefined;
});

/** Gateway, runtime and three sessions, with waits in tenths of seconds; ended after the test. */
export async function begin(options: WorldOptions = {}): Promise<Story> {
  open = await openWorld({ timing: hasty, ...options });
  return new Story(open);
}

/** The same, once the first order of a session has been filled. */
export async function trading(options: WorldOptions = {}): Promise<Story> {
  const story = await begin(options);
  await story.world.open();
  await story.world.trades(1);
  return story;
}
