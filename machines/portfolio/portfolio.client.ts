/**
 * The portfolio as plain calls. Each call looks the actor up, so that a new one under the same systemId is taken over at the
 * next call, or at once when whoever starts it says `portfolioStarted()`. Subscriptions stay; a refresh always settles.
 */
import type { ActorRefFrom } from 'xstate';
import { BrokerError } from '../domain/broker-error.ts';
import { Decimal, type DecimalString, decimal } from '../domain/decimal.ts';
import { failureMessage } from '../domain/failure.ts';
import type { InstrumentId } from '../domain/instrument.ts';
import type { AccountValue, Position } from '../domain/position.ts';
import { figureIn } from './currency.logic.ts';
import type { PortfolioEmitted, PortfolioView, RefreshFailure } from './portfolio.events.ts';
import { viewOf } from './portfolio.logic.ts';
import type { PortfolioMachine } from './portfolio.machine.ts';

export type PortfolioRef = ActorRefFrom<PortfolioMachine>;
type Unsubscribe = () => void;

export interface PortfolioClient {
  /** Really asks the broker; answers when all is stored. @throws BrokerError, or an Error named `StoreError` */
  refresh(): Promise<readonly Position[]>;
  /** Of the first account that holds it. Null: the broker never told of it. */
  position(instrumentId: InstrumentId): Position | null;
  snapshot(): PortfolioView;
  /**
   * A figure of the account in this currency, converted by IBKR's live rate when it was told in the base currency only;
   * null: not known. The first account when none is named.
   */
  figure(key: string, currency: string, account?: string): DecimalString | null;
  /** Net liquidation in whatever currency the broker told it, the account's base currency as a rule. */
  netLiquidation(account?: string): Decimal | null;
  onChange(listener: (view: PortfolioView) => void): Unsubscribe;
  onAlarm(listener: (message: string) => void): Unsubscribe;
  /** Takes over a portfolio that has just been started. */
  portfolioStarted(): void;
}

const nothing: PortfolioView = {
  positions: [],
  values: [],
  positionValues: [],
  pnl: [],
  asOf: null,
  synced: false,
};

/** Told when the database, and not the broker, was the obstacle. */
class StoreFailure extends Error {
  override readonly name = 'StoreError';
}

const errorOf = ({ kind, code, brokerCode, message }: RefreshFailure): Error =>
  kind === 'store' ? new StoreFailure(message) : new BrokerError(code, message, brokerCode);

/** Tells the requests of several clients of one portfolio apart. */
let clients = 0;

/** Builds the facade over whoever is the portfolio at the moment. A listener that throws becomes an alarm. */
export function createPortfolioClient(getActor: () => PortfolioRef | undefined): PortfolioClient {
  clients += 1;
  const client = clients;
  let lastRequest = 0;
  let current: PortfolioRef | undefined;
  let detach: Unsubscribe = () => undefined;
  let view = nothing;
  const pending = new Map<
    string,
    { done: (positions: readonly Position[]) => void; fail: (error: Error) => void }
  >();
  const changes = new Set<(view: PortfolioView) => void>();
  const alarms = new Set<(message: string) => void>();

  function tell<T>(listeners: Set<(value: T) => void>, value: T): void {
    for (const listener of [...listeners]) {
      try {
        listener(value);
      } catch (error) {
        if ((listeners as Set<unknown>) === alarms) continue;
        tell(alarms, `a listener of the portfolio failed: ${failureMessage(error)}`);
      }
    }
  }

  function hear(event: PortfolioEmitted): void {
    switch (event.type) {
      case 'portfolio.changed':
        view = event.view;
        tell(changes, view);
        break;
      case 'portfolio.alarm':
        tell(alarms, event.message);
        break;
      case 'portfolio.answer': {
        const waiting = pending.get(event.requestId);
        pending.delete(event.requestId);
        if (event.failure !== null) waiting?.fail(errorOf(event.failure));
        else waiting?.done(event.positions ?? []);
        break;
      }
    }
  }

  function leave(): void {
    detach();
    current = undefined;
    // What was told stays told, and grows old; but nobody watches over it any more.
    view = { ...view, synced: false };
    const waiting = [...pending.values()];
    pending.clear();
    for (const { fail } of waiting) fail(new BrokerError('lost', 'the portfolio stopped'));
    tell(changes, view);
  }

  function attach(): PortfolioRef | undefined {
    const actor = getActor();
    const snapshot = actor?.getSnapshot();
    const isAlive = snapshot?.status === 'active';
    if (current !== undefined && (current !== actor || !isAlive)) leave();
    if (actor === undefined || snapshot === undefined || !isAlive) return undefined;
    if (current === actor) return actor;
    current = actor;
    const told = viewOf(snapshot.context);
    // A new actor that has been told nothing yet does not wipe out what was known.
    view = told.asOf === null ? view : told;
    const isCurrent = () => current === actor;
    const emissions = actor.on('*', (event) => {
      if (isCurrent()) hear(event);
    });
    const life = actor.subscribe({
      complete: () => isCurrent() && leave(),
      error: () => isCurrent() && leave(),
    });
    detach = () => {
      emissions.unsubscribe();
      life.unsubscribe();
    };
    return actor;
  }

  function valuesOf(key: string, account: string | undefined): readonly AccountValue[] {
    attach();
    const named = view.values.filter((value) => value.key === key && value.value !== null);
    const of = account ?? named[0]?.account;
    return named.filter((value) => value.account === of);
  }

  return {
    refresh() {
      const actor = attach();
      if (actor === undefined) {
        return Promise.reject(new BrokerError('unavailable', 'the portfolio is not running'));
      }
      lastRequest += 1;
      const requestId = `${client}.${lastRequest}`;
      return new Promise((done, fail) => {
        pending.set(requestId, { done, fail });
        actor.send({ type: 'portfolio.refresh', requestId });
      });
    },
    position(instrumentId) {
      attach();
      const held = view.positions.filter((position) => position.instrumentId === instrumentId);
      return held.find(({ quantity }) => !decimal(quantity).isZero()) ?? held[0] ?? null;
    },
    snapshot() {
      attach();
      return view;
    },
    figure(key, currency, account) {
      const of = account ?? valuesOf(key, account)[0]?.account;
      return of === undefined ? null : figureIn(view.values, of, key, currency);
    },
    netLiquidation(account) {
      const [value] = valuesOf('NetLiquidation', account);
      return value?.value == null ? null : new Decimal(value.value);
    },
    onChange(listener) {
      changes.add(listener);
      return () => changes.delete(listener);
    },
    onAlarm(listener) {
      alarms.add(listener);
      return () => alarms.delete(listener);
    },
    portfolioStarted() {
      attach();
    },
  };
}
