import type { HoldingFigures, Valuation } from '../account/valuation.ts';
import { accountValues, ledgerValues, summaryValues } from '../account/values.ts';
import type { ClientSession } from '../client-session.ts';
import { wireContract } from '../describe.ts';
import { clockTime } from '../market/zone.ts';
import * as messages from '../messages/account.ts';

type Kind = 'summary' | 'updatesMulti' | 'positionsMulti' | 'pnl' | 'pnlSingle';

/**
 * What one client wants to know about the account, and what it has been told: everything at first, then what changed,
 * after each fill and about once a wall second (TWS takes three minutes for some of it; a market day may be half a
 * second here).
 */
export class AccountSubscriptions {
  readonly #session: ClientSession;
  readonly #active = new Map<string, (values: Valuation) => void>();
  #wantsPositions = false;

  constructor(session: ClientSession) {
    this.#session = session;
  }

  second(): void {
    if (this.#active.size === 0) return;
    const values = this.#session.broker.desk.account.valuation();
    for (const update of this.#active.values()) update(values);
  }

  /** A fill of any client changed a position. */
  filled(conId: number): void {
    if (this.#wantsPositions) {
      const held = this.#session.broker.desk.account
        .valuation()
        .holdings.find((each) => each.conId === conId);
      const wire = held === undefined ? undefined : this.#wire(held);
      if (wire !== undefined) this.#session.send(messages.position(this.#account, wire));
    }
    this.second();
  }

  positions(): void {
    for (const position of this.#open(this.#session.broker.desk.account.valuation()))
      this.#session.send(messages.position(this.#account, position));
    this.#session.send(messages.positionEnd());
    this.#wantsPositions = true;
  }

  cancelPositions(): void {
    this.#wantsPositions = false;
  }

  positionsMulti(reqId: number): void {
    this.#subscribe(
      'positionsMulti',
      reqId,
      (values) => this.#open(values),
      (p) => String(p.contract.conId),
      // Prices move all the time; only quantity and cost make a position message.
      (p) => `${p.quantity.toFixed()} ${p.avgCost.toFixed()}`,
      (p) => messages.positionMulti(reqId, this.#account, p),
    );
    this.#session.send(messages.positionMultiEnd(reqId));
  }

  /** How many subscriptions of a kind there are, not counting that of this id. */
  count(kind: Kind, reqId: number): number {
    return [...this.#active.keys()].filter((key) => key.startsWith(`${kind} `) && key !== `${kind} ${reqId}`)
      .length;
  }

  summary(reqId: number, tags: readonly string[]): void {
    this.#values('summary', reqId, tags, (v) => messages.accountSummary(reqId, this.#account, v));
    this.#session.send(messages.accountSummaryEnd(reqId));
  }

  updatesMulti(reqId: number): void {
    this.#values('updatesMulti', reqId, undefined, (v) =>
      messages.accountUpdateMulti(reqId, this.#account, v),
    );
    this.#session.send(messages.accountUpdateMultiEnd(reqId));
  }

  /** Account updates: values and portfolio; there is one such subscription per client. */
  updates(subscribe: boolean): void {
    this.#active.delete('updates');
    if (!subscribe) return;
    const values = changes<messages.AccountValue>(
      (v) => v.tag + v.currency,
      (v) => v.value,
    );
    const portfolio = changes<messages.WirePosition>(
      (p) => String(p.contract.conId),
      (p) =>
        `${p.quantity.toFixed()} ${p.avgCost.toFixed()} ${p.marketPrice.toFixed()} ${p.realizedPnl.toFixed()}`,
    );
    const update = (now: Valuation): void => {
      const news = values([...this.#figures(now), ...this.#ledger(now)]);
      const moved = portfolio(this.#all(now));
      if (news.length + moved.length === 0) return;
      for (const value of news) this.#session.send(messages.accountValue(this.#account, value));
      for (const position of moved) this.#session.send(messages.portfolioValue(this.#account, position));
      this.#session.send(messages.accountUpdateTime(this.#clock()));
    };
    update(this.#session.broker.desk.account.valuation());
    this.#session.send(messages.accountDownloadEnd(this.#account));
    this.#active.set('updates', update);
  }

  pnl(reqId: number): void {
    this.#subscribe(
      'pnl',
      reqId,
      (v) => [{ daily: v.dailyPnl, unrealized: v.unrealized, realized: v.realizedToday }],
      () => 'pnl',
      (p) => `${p.daily.toFixed(2)} ${p.unrealized.toFixed(2)} ${p.realized.toFixed(2)}`,
      (p) => messages.pnl(reqId, p),
    );
  }

  pnlSingle(reqId: number, conId: number): void {
    this.#subscribe(
      'pnlSingle',
      reqId,
      (v) => [this.#all(v).find((p) => p.contract.conId === conId)],
      () => 'pnl',
      (p) =>
        p === undefined ? '' : `${p.quantity.toFixed()} ${p.dailyPnl.toFixed(2)} ${p.marketValue.toFixed(2)}`,
      (p) => messages.pnlSingle(reqId, p),
    );
  }

  cancel(kind: Kind, reqId: number): void {
    this.#active.delete(`${kind} ${reqId}`);
  }

  get #account(): string {
    return this.#session.broker.config.account.id;
  }

  #clock(): string {
    const { market } = this.#session.broker;
    return clockTime(market.instruments[0]?.config.timeZone ?? 'UTC', market.now).slice(0, 5);
  }

  #figures(v: Valuation): messages.AccountValue[] {
    return accountValues(v, this.#account, this.#session.broker.config.account.currency);
  }

  #ledger(v: Valuation): messages.AccountValue[] {
    return ledgerValues(v, this.#session.broker.config.account.currency);
  }

  #values(
    kind: Kind,
    reqId: number,
    tags: readonly string[] | undefined,
    encode: (value: messages.AccountValue) => Parameters<ClientSession['send']>[0],
  ): void {
    const select = (v: Valuation): messages.AccountValue[] =>
      tags === undefined
        ? [...this.#figures(v), ...this.#ledger(v)]
        : tags.includes('All')
          ? this.#figures(v)
          : summaryValues(this.#figures(v), this.#ledger(v), tags);
    this.#subscribe(
      kind,
      reqId,
      select,
      (v) => v.tag + v.currency,
      (v) => v.value,
      encode,
    );
  }

  /** Sends all of a selection now, and later what changed of it. */
  #subscribe<T>(
    kind: Kind,
    reqId: number,
    select: (values: Valuation) => T[],
    key: (item: T) => string,
    content: (item: T) => string,
    encode: (item: T) => Parameters<ClientSession['send']>[0],
  ): void {
    const news = changes(key, content);
    const update = (values: Valuation): void => {
      for (const item of news(select(values))) this.#session.send(encode(item));
    };
    update(this.#session.broker.desk.account.valuation());
    this.#active.set(`${kind} ${reqId}`, update);
  }

  #all(values: Valuation): messages.WirePosition[] {
    return values.holdings.map((held) => this.#wire(held)).filter((p) => p !== undefined);
  }

  #open(values: Valuation): messages.WirePosition[] {
    return this.#all(values).filter((position) => !position.quantity.isZero());
  }

  #wire(held: HoldingFigures): messages.WirePosition | undefined {
    const instrument = this.#session.broker.instrument(held.conId);
    if (instrument === undefined) return undefined;
    // Positions name the listing exchange, not a route.
    const listed = instrument.config.primaryExchange || instrument.config.exchange;
    return {
      contract: wireContract(instrument, listed),
      primaryExchange: listed,
      quantity: held.holding.quantity,
      avgCost: held.holding.avgCost.toDecimalPlaces(8),
      marketPrice: held.price,
      marketValue: held.marketValue.toDecimalPlaces(4),
      unrealizedPnl: held.unrealized.toDecimalPlaces(4),
      realizedPnl: held.holding.realizedToday.toDecimalPlaces(4),
      dailyPnl: held.daily.toDecimalPlaces(4),
    };
  }
}

/** Passes on the items whose content is new or different since the last time. */
function changes<T>(key: (item: T) => string, content: (item: T) => string): (items: readonly T[]) => T[] {
  const known = new Map<string, string>();
  return (items) =>
    items.filter((item) => {
      const text = content(item);
      if (known.get(key(item)) === text) return false;
      known.set(key(item), text);
      return true;
    });
}
