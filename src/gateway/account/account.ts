import { Decimal } from 'decimal.js';
import type { GatewayConfig } from '../config.ts';
import type { Instrument } from '../market/instrument.ts';
import type { Market } from '../market/market.ts';
import { localDate } from '../market/zone.ts';
import { commissionOf } from '../matching/commission.ts';
import { type BrokerOrder, isBuy, isLive, remainingOf, ZERO } from '../matching/order.ts';
import type { BrokerState } from '../state.ts';
import { bookFill, type Ledger, type LedgerContract } from './ledger.ts';
import { beginDay, type Marked, marginFractions, type Valuation, valuate } from './valuation.ts';
import { marginFigures, type WhatIf } from './what-if.ts';

/** The account at present prices: what it is worth, and what it can still carry. */
export class Account {
  readonly #market: Market;
  readonly #state: BrokerState;
  readonly #config: GatewayConfig;
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
    this.#ledger();
  }

  valuation(): Valuation {
    return valuate(this.#ledger(), this.#config.account, (conId) => this.#marked(conId));
  }

  /** The ledger after a fill, not yet stored. `signed` is positive for a buy. */
  booked(instrument: Instrument, signed: Decimal, price: Decimal, commission: Decimal) {
    return bookFill(this.#ledger(), ledgerContract(instrument, this.#config), signed, price, commission);
  }

  /** The same on another ledger than the present one. */
  bookedOn(
    ledger: Ledger,
    instrument: Instrument,
    signed: Decimal,
    price: Decimal,
    commission: Decimal,
  ): { ledger: Ledger; realized: Decimal | undefined } {
    return bookFill(ledger, ledgerContract(instrument, this.#config), signed, price, commission);
  }

  /** Starts the figures of the day anew when the market date has changed. */
  beginDayIfNew(): void {
    const day = this.#marketDay();
    const ledger = this.#ledger();
    if (ledger.day === day) return;
    this.#state.saveLedger(beginDay(ledger, day, this.#config.account, (conId) => this.#marked(conId)));
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
    const reserved = this.#openOrders()
      .filter((other) => other.permId !== order.permId && !sharesGroup(other, order))
      .reduce((sum, other) => sum.plus(this.#marginOf(other)), ZERO);
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
    const commission = commissionOf(this.#config.commission, secType, quantity, value);
    const signed = isBuy(order) ? quantity : quantity.neg();
    const { ledger } = this.booked(instrument, signed, price, commission);
    const after = valuate(ledger, this.#config.account, (id) => this.#marked(id));
    return {
      ...{ before: marginFigures(now), after: marginFigures(after), currency, commission },
      ...{ minCommission: undefined, maxCommission: undefined },
      warning: this.cannotCarry(order, instrument) ?? '',
    };
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
    return { ...ledgerContract(feed.instrument, this.#config), price };
  }

  #marketDay(): string {
    return localDate(this.#market.instruments[0]?.config.timeZone ?? 'UTC', this.#market.now);
  }

  #ledger(): Ledger {
    const known = this.#state.ledger;
    if (known !== undefined) return known;
    const cash = new Decimal(this.#config.account.cash);
    const ledger: Ledger = { cash, holdings: {}, day: this.#marketDay(), netLiquidationAtDayStart: cash };
    this.#state.saveLedger(ledger);
    return ledger;
  }
}

/** One of an OCA group will trade, so they borrow once. */
const sharesGroup = (one: BrokerOrder, other: BrokerOrder): boolean =>
  one.ticket.ocaGroup !== '' &&
  one.ticket.ocaGroup === other.ticket.ocaGroup &&
  one.clientId === other.clientId;

/** What the ledger must know of an instrument; the configuration has a rate for every currency in use. */
function ledgerContract(instrument: Instrument, config: GatewayConfig): LedgerContract {
  const { currency, secType } = instrument.config;
  const rate = currency === config.account.currency ? 1 : (config.account.rates[currency] ?? 1);
  return { conId: instrument.conId, secType, multiplier: instrument.multiplier, rate: new Decimal(rate) };
}
