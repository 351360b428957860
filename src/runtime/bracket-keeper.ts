import { type Decimal, decimal } from '../../machines/domain/decimal.ts';
import type { InstrumentId } from '../../machines/domain/instrument.ts';
import type { Order } from '../../machines/domain/order.ts';
import type { Position } from '../../machines/domain/position.ts';
import { type BracketMeasure, bracketMeasures, bracketsOf } from '../../machines/order/bracket.logic.ts';
import type { DeskClient } from '../../machines/order/desk.client.ts';
import { sizingOf } from '../../machines/order/order.logic.ts';
import { every, type Repeat } from './repeat.ts';

export interface BracketKeeperOptions {
  readonly desk: Pick<DeskClient, 'amend' | 'cancel' | 'isOpen' | 'onOrder' | 'onState'>;
  /** Every order of the brackets of which one still works. */
  readonly orders: { brackets(): Promise<readonly Order[]> };
  readonly portfolio: {
    snapshot(): { readonly synced: boolean; readonly asOf: number | null };
    position(id: InstrumentId): Pick<Position, 'quantity' | 'at'> | null;
  };
  readonly lastFillAt: (id: InstrumentId) => number;
  readonly now: () => number;
  readonly onAlarm: (message: string) => void;
  /** Calls again and again until it is ended. @default every two seconds */
  readonly every?: Repeat;
}

const LOOK_MS = 2_000;

const keyOf = (measure: BracketMeasure): string =>
  measure.do === 'resize'
    ? `resize ${measure.order.ref} ${measure.quantity}`
    : `${measure.do} ${measure.ref}`;

/**
 * Sees to it that no order of a bracket outlives its purpose. A measure is taken when two looks in a row want it: what
 * the broker does by itself for attached orders is given the time to be told.
 */
export class BracketKeeper {
  readonly #options: BracketKeeperOptions;
  #mayHaveWork = true;
  #isLooking = false;
  #wanted = new Set<string>();
  readonly #resized = new Set<string>();
  readonly #told = new Set<string>();

  constructor(options: BracketKeeperOptions) {
    this.#options = options;
  }

  /** Looks for as long as it is not ended; answers how to end it. */
  start(): () => void {
    const { desk } = this.#options;
    const repeat = this.#options.every ?? every(LOOK_MS);
    const ends = [
      desk.onOrder(({ parentRef }) => {
        if (parentRef !== null) this.#mayHaveWork = true;
      }),
      desk.onState(() => {
        this.#mayHaveWork = true;
        this.#wanted.clear();
      }),
      repeat(() => void this.look()),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  /** One look; what cannot be read now is read at the next. */
  async look(): Promise<void> {
    if (this.#isLooking || !this.#mayHaveWork || !this.#options.desk.isOpen()) return;
    this.#isLooking = true;
    try {
      await this.#look();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#tell(`brackets ${message}`, `The brackets cannot be looked at, and are tried again: ${message}`);
    } finally {
      this.#isLooking = false;
    }
  }

  async #look(): Promise<void> {
    this.#mayHaveWork = false;
    try {
      const brackets = bracketsOf(await this.#options.orders.brackets());
      if (brackets.length > 0) this.#mayHaveWork = true;
      const measures = brackets.flatMap((bracket) =>
        bracketMeasures(bracket, this.#held(bracket.entry.instrumentId)),
      );
      const confirmed = measures.filter((measure) => this.#wanted.has(keyOf(measure)));
      this.#wanted = new Set(measures.map(keyOf));
      for (const measure of confirmed) await this.#take(measure);
    } catch (error) {
      this.#mayHaveWork = true;
      throw error;
    }
  }

  /** Null unless the broker told it after the last fill. */
  #held(id: InstrumentId): Decimal | null {
    const { portfolio, lastFillAt } = this.#options;
    const { synced, asOf } = portfolio.snapshot();
    const position = portfolio.position(id);
    if (!synced || Math.max(position?.at ?? 0, asOf ?? 0) < lastFillAt(id)) return null;
    return decimal(position?.quantity ?? '0');
  }

  async #take(measure: BracketMeasure): Promise<void> {
    const { desk, now } = this.#options;
    switch (measure.do) {
      case 'alarm':
        this.#tell(keyOf(measure), `Bracket: ${measure.why}.`);
        break;
      case 'cancel': {
        const result = await desk.cancel(measure.ref);
        this.#tell(
          keyOf(measure),
          `Bracket: order ${measure.ref} is cancelled: ${measure.why} (${result.outcome}).`,
        );
        break;
      }
      case 'resize': {
        const { order, quantity, why } = measure;
        // Whatever the broker says to it: asked again and again it would be no other order.
        if (this.#resized.has(keyOf(measure))) break;
        const amendment = { ...sizingOf(order), quantity, ref: order.ref };
        const result = await desk.amend({ ...amendment, reason: `Bracket: ${why}.`, createdAt: now() });
        if (result.outcome !== 'notSent') this.#resized.add(keyOf(measure));
        this.#tell(
          keyOf(measure),
          `Bracket: order ${order.ref} is made ${quantity}: ${why} (${result.outcome}).`,
        );
        break;
      }
    }
  }

  /** Once for each thing. */
  #tell(key: string, message: string): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#options.onAlarm(message);
  }
}
