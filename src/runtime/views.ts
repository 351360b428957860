import { decimalString } from '../../machines/domain/decimal.ts';
import type { Instrument, InstrumentKey } from '../../machines/domain/instrument.ts';
import { instrumentId } from '../../machines/domain/instrument.ts';
import type { AccountValue, Position } from '../../machines/domain/position.ts';
import type { Quote } from '../../machines/domain/quote.ts';
import type { Trade } from '../../machines/domain/trade.ts';
import type { FeedStatus } from '../../machines/feed/hub.types.ts';
import type { FlattenStatus } from '../../machines/flatten/flatten.status.ts';
import type { PnlReading, PositionValue } from '../../machines/portfolio/portfolio.ports.ts';
import type { Arming } from '../../machines/risk/arming.logic.ts';
import type { SessionView as ActorSessionView } from '../../machines/session/session.view.ts';
import type { BrokerLoad } from '../broker/ib/link-holder.ts';
import type { FlattenView } from '../contract/flatten.schema.ts';
import type { PriceView } from '../contract/market.schema.ts';
import type { AccountView, PositionView, TradeView } from '../contract/portfolio.schema.ts';
import type { SessionView } from '../contract/session.schema.ts';
import type { BrokerLoadView, SystemView } from '../contract/system.schema.ts';

/** How the pieces of the model look to the browser: pure functions from domain values to contract views. */

export function priceView(given: {
  readonly key: InstrumentKey;
  readonly instrument: Instrument | null;
  readonly timeframes: readonly string[];
  readonly quote: Quote | null;
  readonly marketOpen: boolean | null;
  readonly feed: Pick<FeedStatus, 'state' | 'cause' | 'checks'>;
}): PriceView {
  const { key, instrument, quote } = given;
  return {
    instrumentId: instrumentId(key),
    symbol: key.symbol,
    secType: key.secType,
    exchange: key.exchange,
    currency: key.currency,
    longName: instrument?.longName ?? null,
    minTick: instrument?.minTick ?? null,
    timeframes: [...given.timeframes],
    bid: quote?.bid ?? null,
    ask: quote?.ask ?? null,
    last: quote?.last ?? null,
    open: quote?.open ?? null,
    high: quote?.high ?? null,
    low: quote?.low ?? null,
    previousClose: quote?.previousClose ?? null,
    volume: quote?.volume ?? null,
    quality: quote?.quality ?? 'none',
    marketTime: quote?.marketTime ?? null,
    receivedAt: quote?.receivedAt ?? null,
    marketOpen: given.marketOpen,
    barChecks: given.feed.checks.map((check) => ({ ...check })),
    feed: { state: given.feed.state, cause: given.feed.cause },
  };
}

const REPORTS_SHOWN = 20;

/** Closing everything, with the newest of its reports. */
export const flattenView = (status: FlattenStatus): FlattenView => ({
  ...status,
  closing: status.closing.map((each) => ({ ...each })),
  reports: status.reports.slice(-REPORTS_SHOWN),
});

/** What is on its way to the broker, and what waits because its limits are kept. */
export function loadView(
  broker: BrokerLoad,
  ordersWaiting: number,
  lines: BrokerLoadView['lines'],
): BrokerLoadView {
  return {
    messages: { lastSecond: broker.messagesInLastSecond, most: broker.mostMessages },
    ordersWaiting,
    requestsWaiting: broker.requestsWaiting,
    histories: {
      underWay: broker.historiesUnderWay,
      most: broker.mostHistories,
      waiting: broker.historiesWaiting,
    },
    subscriptions: broker.subscriptions,
    lines: { ...lines },
  };
}

export function positionView(
  position: Position,
  value: PositionValue | null,
  instrument: Instrument | null,
): PositionView {
  return {
    account: position.account,
    instrumentId: position.instrumentId,
    symbol: position.symbol,
    currency: instrument?.currency ?? null,
    quantity: position.quantity,
    averageCost: position.averageCost,
    marketPrice: value?.marketPrice ?? null,
    marketValue: value?.marketValue ?? null,
    unrealizedPnl: value?.unrealizedPnl ?? null,
    realizedPnl: value?.realizedPnl ?? null,
    at: position.at,
  };
}

/** One view for each account; a key that comes in several currencies is shown in its base currency if it has one. */
export function accountViews(values: readonly AccountValue[], pnl: readonly PnlReading[]): AccountView[] {
  const accounts = new Set([
    ...values.map((value) => value.account),
    ...pnl.map((reading) => reading.account),
  ]);
  return [...accounts].map((account) => {
    const shown: AccountView['values'] = {};
    for (const value of values) {
      if (value.account !== account) continue;
      if (shown[value.key] !== undefined && value.currency !== 'BASE') continue;
      shown[value.key] = { value: value.value, currency: value.currency, at: value.at };
    }
    const reading = pnl.find((each) => each.account === account) ?? null;
    return {
      account,
      values: shown,
      pnl:
        reading === null
          ? null
          : {
              daily: reading.daily,
              unrealized: reading.unrealized,
              realized: reading.realized,
              at: reading.at,
            },
    };
  });
}

export function tradeView(trade: Trade): TradeView {
  return { ...trade, permIds: [...trade.permIds] };
}

export function sessionView(
  actor: ActorSessionView,
  more: {
    readonly desired: SessionView['desired'];
    readonly restarts: number;
    readonly error: string | null;
    readonly position: Position | null;
    /** The broker has listed all positions: one that it did not list is 0. */
    readonly positionsKnown: boolean;
    readonly ordersInFlight: number;
  },
): SessionView {
  const { definition } = actor;
  return {
    id: definition.id,
    name: definition.name,
    instrumentId: instrumentId(definition.instrument),
    instrument: { ...definition.instrument },
    timeframe: definition.timeframe,
    strategy: definition.strategy,
    sizing: definition.sizing,
    orderType: definition.orderType,
    allowShort: definition.allowShort,
    thread: definition.thread,
    onDifference: definition.onDifference,
    origin: definition.origin,
    desired: more.desired,
    state: actor.state,
    since: actor.since,
    waitingFor: actor.waitingFor,
    error: actor.error ?? more.error,
    restarts: more.restarts,
    bufferedBars: actor.bufferLength,
    bufferSize: definition.bufferSize,
    lastBar: actor.lastBar,
    lastDecision:
      actor.lastDecision === null
        ? null
        : { ...actor.lastDecision, values: { ...actor.lastDecision.values } },
    positionQuantity:
      more.position === null ? (more.positionsKnown ? '0' : null) : decimalString(more.position.quantity),
    ordersInFlight: more.ordersInFlight,
  };
}

/** Who armed live trading, for which account and until when. */
export const armingView = (arming: Arming | null): SystemView['arming'] =>
  arming === null ? null : { account: arming.account, by: arming.by, until: arming.until };
