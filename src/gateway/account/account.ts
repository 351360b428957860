import { Decimal } from 'decimal.js';
import type { GatewayConfig } from '../config.ts';
import type { Instrument } from '../market/instrument.ts';
import type { Market } from '../market/market.ts';
import { localDate } from '../market/zone.ts';
import { type Charged, commissionOf } from '../matching/commission.ts';
import { type BrokerOrder, isBuy, isLive, remainingOf, ZERO } from '../matching/order.ts';
import type { BrokerState } from '../state.ts';
import { BASE, bookFill, type Ledger, type LedgerContract } from './ledger.ts';
import { Reservations, sharesGroup } from './reservations.ts';
import { beginDay, type Marked, marginFractions, type Valuation, valuate } from './valuation.ts';
import { marginFigures, type WhatIf } from './what-if.ts';

const ONE = new Decimal(1);

/** The account at present prices: what it is worth, and what it can still carry. */
export class Account {
  readonly #market: Market;
  readonly #state: BrokerState;
  readonly #config: GatewayConfig;
  /** The pair with the account's currency, by the other one. */
  readonly #pairs = new Map<string, Instrument>();
  readonly #reserved = new Reservations();
  readonly #openOrders: () => readonly BrokerOrder[];

  constructor(options: {
    market: Market;
    state: BrokerState;
    config: GatewayConfig;
    openOrders: () => readonly BrokerOrder[];
  }) {
    this.#openOrders = options.openOrders;
    this.#market = options.market;
    this.#state = options.state;
    this.#config = options.config;
    const base = options.config.account.currency;
    for (const instrument of options.market.instruments) {
      const { secType, symbol, currency } = instrument.config;
      if (secType === 'CASH' && currency === base) this.#pairs.set(symbol, instrument);
      if (secType === 'CASH' && symbol === base) this.#pairs.set(currency, instrument);
    }
    this.#ledger();
  }

  valuation(): Valuation {
    return this.#valued(this.#ledger());
  }

  /** The ledger after a fill, not yet stored. `signed` is positive for a buy. */
  booked(instrument: Instrument, signed: Decimal, price: Decimal, commission: Decimal) {
    return this.bookedOn(this.#ledger(), instrument, signed, price, commission);
  }

  /** The same on another ledger than the present one. */
  bookedOn(
    ledger: Ledger,
    instrument: Instrument,
    signed: Decimal,
    price: Decimal,
    commission: Decimal,
  ): { ledger: Ledger; realized: Decimal | undefined } {
    return bookFill(ledger, this.#contract(instrument), signed, price, commission);
  }

  /** The commission of an order's fills so far. `already` are shares of this order that the month has counted. */
  commission(charged: Omit<Charged, 'sharesBefore'>, already: Decimal = ZERO): Decimal {
    const sharesBefore = this.#ledger().month.shares.minus(already);
    return commissionOf(this.#config.commission, { ...charged, sharesBefore });
  }

  /** Starts the figures of the day anew when the market date has changed. */
  beginDayIfNew(): void {
    const day = this.#marketDay();
    const ledger = this.#ledger();
    if (ledger.day === day) return;
    const rateOf = (currency: string) => this.#rate(currency);
    this.#state.saveLedger(
      beginDay(ledger, day, this.#config.account, (conId) => this.#marked(conId), rateOf),
    );
  }

  /** Signed; zero when there is none. */
  position(conId: number): Decimal {
    return this.#ledger().holdings[conId]?.quantity ?? ZERO;
  }

  /** Why the account cannot carry an order: no shares to borrow, no funds. Undefined when it can. */
  cannotCarry(order: BrokerOrder, instrument: Instrument): string | undefined {
    return this.#cannotSellShort(order, instrument) ?? this.cannotAfford(order);
  }

  /** Sales that wait count: two orders cannot both borrow the last shares. */
  #cannotSellShort(order: BrokerOrder, instrument: Instrument): string | undefined {
    if (isBuy(order) || instrument.config.secType !== 'STK') return undefined;
    const { conId } = instrument;
    const held = this.position(conId);
    let after = held.minus(remainingOf(order));
    for (const other of this.#openOrders())
      if (other.conId === conId && !isBuy(other) && other.permId !== order.permId && isLive(other))
        if (!sharesGroup(other, order)) after = after.minus(remainingOf(other));
    if (after.gte(0) || after.neg().lte(instrument.config.shortableShares)) return undefined;
    return 'The contract is not available for short sale.';
  }

  /** Why the account has not the funds for an order; undefined when it has. Reducing a position is always possible. */
  cannotAfford(order: BrokerOrder): string | undefined {
    const needed = this.#marginOf(order);
    if (needed.lte(0)) return undefined;
    const { availableFunds } = this.valuation();
    // Orders that wait have their margin set aside; of an OCA group one will trade.
    const reserved = this.#reserved.besides(order);
    const free = availableFunds.minus(reserved);
    if (needed.lte(free)) return undefined;
    const { currency } = this.#config.account;
    return `YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR AVAILABLE FUNDS [${free.toFixed(2)} ${currency}] MUST EXCEED THE INITIAL MARGIN [${needed.toFixed(2)} ${currency}]`;
  }

  /** Margins and commission of an order filled now at its limit, or at the price it would meet. */
  whatIf(order: BrokerOrder, instrument: Instrument): WhatIf {
    const now = this.valuation();
    const { conId } = instrument;
    const quote = this.#market.feed(conId)?.quote;
    const met = isBuy(order) ? quote?.ask : quote?.bid;
    const price = order.limitPrice ?? order.stopPrice ?? new Decimal(met ?? quote?.last ?? 0);
    const quantity = remainingOf(order);
    const { currency, secType } = instrument.config;
    const value = price.times(quantity).times(instrument.multiplier);
    const commission = this.commission({ secType, currency, isSale: !isBuy(order), quantity, value });
    const signed = isBuy(order) ? quantity : quantity.neg();
    const { ledger } = this.booked(instrument, signed, price, commission);
    const after = this.#valued(ledger);
    return {
      ...{ before: marginFigures(now), after: marginFigures(after), currency, commission },
      ...{ minCommission: undefined, maxCommission: undefined },
      warning: this.cannotCarry(order, instrument) ?? '',
    };
  }

  /** An order was taken, changed or has ended: what it needs is set aside from now on. */
  reserve(order: BrokerOrder): void {
    this.#reserved.set(order, isLive(order) ? this.#marginOf(order) : ZERO);
  }

  /** What an order needs beyond what is held, in the account's currency; 0 when it reduces. */
  #marginOf(order: BrokerOrder): Decimal {
    const marked = this.#marked(order.conId);
    const at = order.limitPrice ?? order.stopPrice ?? marked?.price;
    if (marked === undefined || at === undefined) return ZERO;
    const held = this.position(order.conId);
    const after = held.plus(isBuy(order) ? remainingOf(order) : remainingOf(order).neg());
    const growth = after.abs().minus(held.abs());
    if (growth.lte(0)) return ZERO;
    const { initial } = marginFractions(this.#config.account, marked.secType);
    return growth.times(at).times(marked.multiplier).times(marked.rate).times(initial);
  }

  #marked(conId: number): Marked | undefined {
    const feed = this.#market.feed(conId);
    if (feed === undefined) return undefined;
    const { last } = feed.quote;
    const price = last === undefined ? undefined : new Decimal(last);
    return { ...this.#contract(feed.instrument), price };
  }

  #valued(ledger: Ledger): Valuation {
    return valuate(
      ledger,
      this.#config.account,
      (conId) => this.#marked(conId),
      (currency) => this.#rate(currency),
    );
  }

  #contract({ conId, config, multiplier }: Instrument): LedgerContract {
    const { symbol, currency, secType } = config;
    return { conId, secType, symbol, currency, multiplier, rate: this.#rate(currency) };
  }

  /** Of a currency into the account's: by the pair that the market plays, else by the configuration. */
  #rate(currency: string): Decimal {
    const base = this.#config.account.currency;
    if (currency === base) return ONE;
    const pair = this.#pairs.get(currency);
    const { bid, ask } = pair === undefined ? {} : (this.#market.feed(pair.conId)?.quote ?? {});
    if (pair === undefined || bid === undefined || ask === undefined)
      return new Decimal(this.#config.account.rates[currency] ?? 1);
    const middle = new Decimal(bid).plus(ask).div(2);
    return pair.config.symbol === currency ? middle : ONE.div(middle);
  }

  #marketDay(): string {
    return localDate(this.#market.instruments[0]?.config.timeZone ?? 'UTC', this.#market.now);
  }

  #ledger(): Ledger {
    const known = this.#state.ledger;
    if (known !== undefined) return named(known, this.#config.account.currency);
    const { cash: own, currency, currencies } = this.#config.account;
    const cash = Object.fromEntries(
      Object.entries({ ...currencies, [currency]: own }).map(([name, amount]) => [name, new Decimal(amount)]),
    );
    const day = this.#marketDay();
    const month = { name: day.slice(0, 7), shares: ZERO };
    const fresh = { cash, month, holdings: {}, day, netLiquidationAtDayStart: ZERO };
    const ledger: Ledger = { ...fresh, netLiquidationAtDayStart: this.#valued(fresh).netLiquidation };
    this.#state.saveLedger(ledger);
    return ledger;
  }
}

/** A ledger of the time of one currency has it under no name of its own. */
function named(ledger: Ledger, currency: string): Ledger {
  const { [BASE]: unnamed, ...cash } = ledger.cash;
  return unnamed === undefined ? ledger : { ...ledger, cash: { ...cash, [currency]: unnamed } };
}
