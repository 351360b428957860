/**
 * Whether an order may go out by the limits on orders, counting everything that is in flight. Pure; asked before an
 * intent is committed, and again in the instant in which the order would leave.
 */
import { Decimal, type DecimalString, decimal, decimalString } from '../domain/decimal.ts';
import type { InstrumentId } from '../domain/instrument.ts';
import type { InFlightOrder, OrderSide } from '../domain/order.ts';
import {
  type HeldPosition,
  type OpenOrder,
  type Reach,
  reachOf,
  reachWith,
  worst,
} from './exposure.logic.ts';
import {
  isFloor,
  type Level,
  type LimitName,
  type LimitScope,
  limitNames,
  type ScopedLimits,
} from './limits.ts';

/** The order under test. */
export interface OrderUnderTest {
  readonly account: string;
  readonly instrumentId: InstrumentId;
  readonly sessionId: string | null;
  readonly side: OrderSide;
  readonly quantity: DecimalString;
  /** Null: at the market. */
  readonly limitPrice: DecimalString | null;
}

/** How well it can be traded just now; null: not known, which passes every level. */
export interface MarketConditions {
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
  readonly quoteAgeMs: number | null;
  /** Of liquid hours, by market time. */
  readonly sinceOpenMs: number | null;
  readonly untilCloseMs: number | null;
}

/** What is known at that moment. Everything is of one base currency. */
export interface RiskBook {
  readonly held: readonly HeldPosition[];
  readonly inFlight: readonly InFlightOrder[];
  /** What has filled and may not be in `held` yet: counted as if it could still fill. */
  readonly unsettled: readonly InFlightOrder[];
  /** When orders were sent, epoch ms, with whose they were; at least those of the last day. */
  readonly sent: readonly {
    readonly at: number;
    readonly account: string;
    readonly instrumentId: InstrumentId;
    readonly sessionId: string | null;
  }[];
  /** The worth of one unit in the base currency: price, multiplier and exchange rate. Missing: not known. */
  readonly unitWorth: Readonly<Record<InstrumentId, DecimalString>>;
  /** The last fresh price of the instrument of the order; null: there is none. */
  readonly lastPrice: DecimalString | null;
  /** Of the instrument of the order. */
  readonly market: MarketConditions;
  /** In the base currency; null: the broker did not say. */
  readonly netLiquidation: DecimalString | null;
  readonly now: number;
}

/** A level that was passed, with what was compared. */
export interface LimitBreach {
  readonly limit: LimitName;
  readonly scope: LimitScope;
  readonly level: 'soft' | 'hard';
  /** Null: the figure is not known, which counts as above. */
  readonly found: DecimalString | null;
  readonly allowed: DecimalString;
}

export interface PretradeVerdict {
  /** Empty: the order may go. */
  readonly refusals: readonly LimitBreach[];
  /** Soft levels that it passes, also of an order that is refused. */
  readonly warnings: readonly LimitBreach[];
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

type Of = {
  readonly account: string;
  readonly instrumentId: InstrumentId;
  readonly sessionId: string | null;
};
const isIn = (scope: LimitScope, of: Of): boolean => {
  switch (scope.kind) {
    case 'whole':
      return true;
    case 'account':
      return of.account === scope.id;
    case 'instrument':
      return of.instrumentId === scope.id;
    case 'session':
      return of.sessionId === scope.id;
  }
};
/** Sessions count what their own fills left, everybody else what the broker holds. */
const isHeldIn = (scope: LimitScope, held: HeldPosition): boolean =>
  (scope.kind === 'session') === (held.sessionId !== null) && isIn(scope, held);

/** A figure before the order, and with it; null: not known. */
interface Measured {
  /** Only asked for when the other one passes a level, which is rare. */
  readonly before: () => Decimal | null;
  readonly after: Decimal | null;
}
const zero = new Decimal(0);
const none = (): Decimal => zero;

/** Sum over instruments of what a reach is worth; null when a worth is needed and not known. */
function worthOf(
  reach: ReadonlyMap<InstrumentId, Reach>,
  unitWorth: RiskBook['unitWorth'],
  of: (reach: Reach) => Decimal,
): Decimal | null {
  let sum: Decimal = zero;
  for (const [id, each] of reach) {
    const quantity = of(each);
    if (quantity.isZero()) continue;
    const unit = unitWorth[id];
    if (unit === undefined) return null;
    sum = sum.plus(quantity.mul(unit));
  }
  return sum;
}

const over = (amount: Decimal | null, netLiquidation: DecimalString | null): Decimal | null =>
  amount === null || netLiquidation === null || !decimal(netLiquidation).gt(0)
    ? null
    : amount.div(netLiquidation);

/** What the positions of a scope can come to, and their worth; each is worked out once, when it is first asked for. */
class Exposure {
  readonly reach: ReadonlyMap<InstrumentId, Reach>;
  readonly #book: RiskBook;
  #gross: Decimal | null | undefined;

  constructor(reach: ReadonlyMap<InstrumentId, Reach>, book: RiskBook) {
    this.reach = reach;
    this.#book = book;
  }

  get gross(): Decimal | null {
    if (this.#gross === undefined) this.#gross = worthOf(this.reach, this.#book.unitWorth, worst);
    return this.#gross;
  }

  get net(): Decimal | null {
    const long = worthOf(this.reach, this.#book.unitWorth, (each) => each.long);
    const short = worthOf(this.reach, this.#book.unitWorth, (each) => each.short);
    return long === null || short === null ? null : Decimal.max(long.abs(), short.abs());
  }

  measure(limit: LimitName, instrumentId: InstrumentId): Decimal | null {
    const own = this.reach.get(instrumentId);
    switch (limit) {
      case 'position':
        return own === undefined ? zero : worst(own);
      case 'grossExposure':
        return this.gross;
      case 'netExposure':
        return this.net;
      case 'leverage':
        return over(this.gross, this.#book.netLiquidation);
      default: {
        const worth =
          own === undefined ? zero : worthOf(new Map([[instrumentId, own]]), this.#book.unitWorth, worst);
        return over(worth, this.#book.netLiquidation)?.mul(100) ?? null;
      }
    }
  }
}

/** Basis points by which the limit is worse than the last price; one that is better is not counted. */
function collarOf({ side, limitPrice }: OrderUnderTest, lastPrice: DecimalString | null): Decimal | null {
  if (limitPrice === null) return zero;
  if (lastPrice === null || !decimal(lastPrice).gt(0)) return null;
  const away = decimal(limitPrice).minus(lastPrice).div(lastPrice).mul(10_000);
  return Decimal.max(0, side === 'BUY' ? away : away.neg());
}

/** What does not depend on a scope: the order itself, and the market; null: the limit is on something else. */
function orderMeasure(limit: LimitName, order: OrderUnderTest, book: RiskBook): Measured | null {
  switch (limit) {
    case 'orderQuantity':
      return { before: none, after: decimal(order.quantity) };
    case 'orderNotional': {
      const unit = book.unitWorth[order.instrumentId];
      return { before: none, after: unit === undefined ? null : decimal(order.quantity).mul(unit) };
    }
    case 'priceCollar':
      return { before: none, after: collarOf(order, book.lastPrice) };
    case 'spread':
    case 'quoteAge':
    case 'bookSize':
    case 'afterOpen':
    case 'beforeClose':
      return { before: unasked, after: conditionOf(limit, order.side, book.market) };
    default:
      return null;
  }
}

/** The measures of one scope; what several limits look at is worked out once. */
class ScopeMeasures {
  readonly #scope: LimitScope;
  readonly #order: OrderUnderTest;
  readonly #book: RiskBook;
  readonly #open: readonly (Of & OpenOrder)[];
  #exposures: { readonly before: Exposure; readonly after: Exposure } | null = null;

  constructor(
    scope: LimitScope,
    order: OrderUnderTest,
    { book, open }: { readonly book: RiskBook; readonly open: readonly (Of & OpenOrder)[] },
  ) {
    this.#scope = scope;
    this.#order = order;
    this.#book = book;
    this.#open = open;
  }

  get(limit: LimitName): Measured {
    const order = this.#order;
    switch (limit) {
      case 'openOrders':
        return oneMore(this.#book.inFlight.filter((each) => isIn(this.#scope, each)).length);
      case 'ordersPerMinute':
        return this.#sentSince(MINUTE_MS);
      case 'ordersPerDay':
        return this.#sentSince(DAY_MS);
      default: {
        const { before, after } = this.#exposure();
        return {
          before: () => before.measure(limit, order.instrumentId),
          after: after.measure(limit, order.instrumentId),
        };
      }
    }
  }

  #sentSince(ms: number): Measured {
    const { sent, now } = this.#book;
    let count = 0;
    for (const each of sent) if (each.at > now - ms && isIn(this.#scope, each)) count += 1;
    return oneMore(count);
  }

  #exposure() {
    if (this.#exposures === null) {
      const [order, book, scope] = [this.#order, this.#book, this.#scope];
      const held = book.held.filter((each) => isHeldIn(scope, each));
      const before = reachOf(
        held,
        this.#open.filter((each) => isIn(scope, each)),
      );
      this.#exposures = {
        before: new Exposure(before, book),
        after: new Exposure(reachWith(before, { ...order, remaining: order.quantity }), book),
      };
    }
    return this.#exposures;
  }
}

/** Nothing makes it better that an order is small: the market is as it is. */
const unasked = (): null => null;

/** How the market is, in the unit of the limit. */
function conditionOf(
  limit: 'spread' | 'quoteAge' | 'bookSize' | 'afterOpen' | 'beforeClose',
  side: OrderSide,
  market: MarketConditions,
): Decimal | null {
  const per = (value: number | null, unit: number) => (value === null ? null : new Decimal(value).div(unit));
  const size = side === 'BUY' ? market.askSize : market.bidSize;
  switch (limit) {
    case 'spread': {
      const { bid, ask } = market;
      if (bid === null || ask === null || bid <= 0 || ask <= 0) return null;
      return new Decimal(ask).minus(bid).div(new Decimal(ask).plus(bid)).mul(20_000);
    }
    case 'quoteAge':
      return per(market.quoteAgeMs, 1_000);
    case 'bookSize':
      return per(size, 1);
    case 'afterOpen':
      return per(market.sinceOpenMs, MINUTE_MS);
    case 'beforeClose':
      return per(market.untilCloseMs, MINUTE_MS);
  }
}

const isNotLarger = (after: Decimal, before: Decimal | null): boolean => before !== null && after.lte(before);

const oneMore = (count: number): Measured => ({
  before: () => new Decimal(count),
  after: new Decimal(count + 1),
});

/** Orders that no scope tells apart, as one. */
function summed(orders: readonly InFlightOrder[]): readonly (Of & OpenOrder)[] {
  const sums = new Map<string, Of & { readonly side: OrderSide; readonly remaining: Decimal }>();
  for (const { account, instrumentId, sessionId, side, remaining } of orders) {
    const key = `${account} ${instrumentId} ${sessionId ?? ''} ${side}`;
    const sum = sums.get(key)?.remaining.plus(remaining) ?? decimal(remaining);
    sums.set(key, { account, instrumentId, sessionId, side, remaining: sum });
  }
  return [...sums.values()];
}

const figures = new WeakMap<Level, { readonly soft: Decimal | null; readonly hard: Decimal | null }>();

/** A level's figures, read once: it is compared with at every order. */
function figuresOf(level: Level) {
  const known = figures.get(level);
  if (known !== undefined) return known;
  const read = (text: DecimalString | null) => (text === null ? null : decimal(text));
  const made = { soft: read(level.soft), hard: read(level.hard) };
  figures.set(level, made);
  return made;
}

/**
 * Every level that an order passes. An order that does not make a figure larger passes none of it: what is above a
 * limit already, for prices have moved, can still be made smaller. A figure that is not known counts as above, unless
 * the order can only make the position smaller.
 */
export function pretrade(
  order: OrderUnderTest,
  book: RiskBook,
  limits: readonly ScopedLimits[],
): PretradeVerdict {
  const open = summed([...book.inFlight, ...book.unsettled]);
  const known = new Map<LimitName, Measured | null>();
  /** Of the order and the market, the same in every scope: measured once. */
  const ofOrder = (limit: LimitName): Measured | null => {
    const found = known.get(limit);
    if (found !== undefined) return found;
    const made = orderMeasure(limit, order, book);
    known.set(limit, made);
    return made;
  };
  const breaches = limits
    .filter(({ scope }) => isIn(scope, order))
    .flatMap(({ scope, limits: of }) => {
      const measures = new ScopeMeasures(scope, order, { book, open });
      return limitNames.flatMap((limit): LimitBreach[] => {
        const level = of[limit];
        if (level === undefined || (level.soft === null && level.hard === null)) return [];
        const { before, after } = ofOrder(limit) ?? measures.get(limit);
        const { soft, hard } = figuresOf(level);
        const passes = (allowed: Decimal | null): boolean =>
          allowed !== null && (after === null || (isFloor(limit) ? after.lt(allowed) : after.gt(allowed)));
        const [isSoft, isHard] = [passes(soft), passes(hard)];
        if (!isSoft && !isHard) return [];
        if (after === null ? isReducing(order, book) : isNotLarger(after, before())) return [];
        const found = after === null ? null : decimalString(after);
        return [
          ...(isSoft && level.soft !== null
            ? [{ limit, scope, level: 'soft', found, allowed: level.soft } as const]
            : []),
          ...(isHard && level.hard !== null
            ? [{ limit, scope, level: 'hard', found, allowed: level.hard } as const]
            : []),
        ];
      });
    });
  return {
    refusals: breaches.filter(({ level }) => level === 'hard'),
    warnings: breaches.filter(({ level }) => level === 'soft'),
  };
}

/** It goes against the position, and no more of it than there is, with everything that goes the same way. */
function isReducing(order: OrderUnderTest, book: RiskBook): boolean {
  const isOwn = (each: Of): boolean =>
    each.account === order.account && each.instrumentId === order.instrumentId;
  const held = book.held
    .filter((each) => each.sessionId === null && isOwn(each))
    .reduce((sum, { quantity }) => sum.plus(quantity), zero);
  const same = [...book.inFlight, ...book.unsettled]
    .filter((each) => isOwn(each) && each.side === order.side)
    .reduce((sum, { remaining }) => sum.plus(remaining), decimal(order.quantity));
  return order.side === 'SELL' ? held.gte(same) : held.neg().gte(same);
}
