/** A broker of one account in virtual time, that answers as unkindly as a test wants. */
import { Decimal } from 'decimal.js';
import type { OrderIntent, OrderRef } from '../../../machines/domain/order.ts';
import { singleBand } from '../../../machines/domain/price-bands.ts';
import type { FlattenPorts, HeldNow } from '../../../machines/flatten/flatten.ports.ts';
import type { CancelResult, SubmitResult } from '../../../machines/order/desk.events.ts';
import type { QueueClock } from '../../support/clock.ts';

/** What becomes of an order. */
export type Fate =
  | 'fills'
  | 'fillsInPart'
  | 'rests'
  | 'rejected'
  | 'notSent'
  /** The broker has it, and does not say so. */
  | 'unknownWorks'
  /** It never arrived. */
  | 'unknownLost'
  | 'throws';

export interface Faults {
  /** Of the orders, one after the other; then they fill. */
  readonly fates?: readonly Fate[];
  /** Whether the n-th question is answered; then they are. */
  readonly answers?: readonly boolean[];
  /** What the n-th cancel comes to; then they succeed. */
  readonly cancels?: readonly ('cancelled' | 'unknown' | 'tooLate')[];
}

interface Working {
  readonly intent: OrderIntent;
  remaining: Decimal;
}

export class UnkindBroker {
  readonly positions = new Map<string, Decimal>();
  readonly working = new Map<OrderRef, Working>();
  readonly submitted: OrderIntent[] = [];
  /** Every position that there was, in order. */
  readonly course: { readonly id: string; readonly held: Decimal }[] = [];
  readonly closedMarkets = new Set<string>();
  readonly unpriced = new Set<string>();
  readonly elsewhere: HeldNow[] = [];
  isDeskOpen = true;
  /** A closer's look at this instrument fails, once for each time it is in here. */
  readonly poison: string[] = [];
  readonly #faults: Faults;
  readonly #clock: QueueClock;
  #filledAt = new Map<string, number>();
  #told = new Map<string, { at: number; held: Decimal }>();
  #count = 0;
  #asked = 0;
  #cancelled = 0;

  constructor(clock: QueueClock, faults: Faults = {}) {
    this.#clock = clock;
    this.#faults = faults;
  }

  hold(id: string, quantity: number): this {
    this.positions.set(id, new Decimal(quantity));
    this.course.push({ id, held: new Decimal(quantity) });
    return this;
  }

  /** An order that was there before. */
  rest(ref: OrderRef, instrumentId: string, side: 'BUY' | 'SELL', quantity: number): this {
    const intent = { ref, instrumentId, side, quantity: String(quantity) } as OrderIntent;
    this.working.set(ref, { intent, remaining: new Decimal(quantity) });
    return this;
  }

  #fill(ref: OrderRef, quantity: Decimal): void {
    const order = this.working.get(ref);
    if (order === undefined) return;
    const { instrumentId: id, side } = order.intent;
    const size = Decimal.min(quantity, order.remaining);
    order.remaining = order.remaining.minus(size);
    if (order.remaining.isZero()) this.working.delete(ref);
    const held = (this.positions.get(id) ?? new Decimal(0)).plus(side === 'BUY' ? size : size.neg());
    this.positions.set(id, held);
    this.course.push({ id, held });
    this.#filledAt.set(id, this.#clock.now());
  }

  async #submit(intent: OrderIntent): Promise<SubmitResult> {
    const fate = this.#faults.fates?.[this.submitted.length] ?? 'fills';
    this.submitted.push(intent);
    const { ref } = intent;
    const remaining = new Decimal(intent.quantity);
    const works = (): void => {
      this.working.set(ref, { intent, remaining });
    };
    const later = (ms: number, then: () => void): unknown => this.#clock.setTimeout(then, ms);
    switch (fate) {
      case 'throws':
        throw new Error('the desk broke');
      case 'rejected':
        return { outcome: 'rejected', code: 201, message: 'not today' };
      case 'notSent':
        return { outcome: 'notSent', reason: 'storeDown', message: 'no database', committed: false };
      case 'unknownLost':
        works();
        later(4_000, () => this.working.delete(ref));
        return { outcome: 'unknown', message: 'no word' };
      case 'unknownWorks':
        works();
        later(3_000, () => this.#fill(ref, remaining));
        return { outcome: 'unknown', message: 'no word' };
      case 'rests':
        works();
        return { outcome: 'accepted', permId: 1 };
      case 'fillsInPart':
        works();
        later(100, () => this.#fill(ref, remaining.div(2).ceil()));
        return { outcome: 'accepted', permId: 1 };
      case 'fills':
        works();
        later(100, () => this.#fill(ref, remaining));
        return { outcome: 'accepted', permId: 1 };
    }
  }

  async #cancel(ref: OrderRef): Promise<CancelResult> {
    const order = this.working.get(ref);
    if (order === undefined) return { outcome: 'notSent', reason: 'notInFlight', message: 'over' };
    const fate = this.#faults.cancels?.[this.#cancelled] ?? 'cancelled';
    this.#cancelled += 1;
    if (fate === 'unknown') return { outcome: 'unknown', message: 'no word' };
    if (fate === 'tooLate') {
      this.#fill(ref, order.remaining);
      return { outcome: 'rejected', code: 161, message: 'filled' };
    }
    this.working.delete(ref);
    return { outcome: 'accepted', permId: 1 };
  }

  async #survey(): Promise<readonly HeldNow[]> {
    const isAnswered = this.#faults.answers?.[this.#asked] ?? true;
    this.#asked += 1;
    if (!isAnswered || !this.isDeskOpen) throw new Error('no connection');
    for (const [id, held] of this.positions) this.#told.set(id, { at: this.#clock.now(), held });
    const ours = [...this.positions]
      .filter(([, held]) => !held.isZero())
      .map(([instrumentId, held]) => ({ instrumentId, quantity: held.toFixed(), isOurs: true }));
    return [...ours, ...this.elsewhere];
  }

  /** As the runtime gives them; each process has its own. */
  ports(): FlattenPorts {
    return {
      now: () => this.#clock.now(),
      newRef: () => {
        this.#count += 1;
        return `tw.f..${this.#count}`;
      },
      inFlight: (which) =>
        this.isDeskOpen
          ? [...this.working.keys()].filter((ref) => which === 'all' || ref.startsWith('tw.f'))
          : null,
      look: (id) => {
        const poisoned = this.poison.indexOf(id);
        if (poisoned !== -1) {
          this.poison.splice(poisoned, 1);
          throw new Error('poison');
        }
        const told = this.#told.get(id);
        const isTold = told !== undefined && told.at >= (this.#filledAt.get(id) ?? 0);
        return {
          held: isTold ? told.held.toFixed() : null,
          inFlight: this.isDeskOpen
            ? [...this.working.values()]
                .filter(({ intent }) => intent.instrumentId === id)
                .map(({ intent }) => intent.ref)
            : null,
          instrument: { priceBands: singleBand('0.01'), multiplier: '1' },
          isOpen: !this.closedMarkets.has(id),
          freshQuote: this.unpriced.has(id) ? null : { bid: 100, ask: 100, last: 100 },
        };
      },
      submit: (intent) => this.#submit(intent),
      cancel: (ref) => this.#cancel(ref),
      survey: () => this.#survey(),
    };
  }
}
