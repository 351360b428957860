import { z } from 'zod';
import type { DecimalString } from '../../machines/domain/decimal.ts';
import { isFinal, type Order } from '../../machines/domain/order.ts';
import type { DeskClient } from '../../machines/order/desk.client.ts';
import type { PortfolioClient } from '../../machines/portfolio/portfolio.client.ts';
import {
  acceptedOpening,
  type Books,
  type Difference,
  type DifferenceKind,
  instrumentsOf,
  reconcile,
} from '../../machines/reconciliation/reconcile.logic.ts';
import type { ReconciliationView } from '../contract/reconciliation.schema.ts';
import { Refusal } from '../http/runtime.port.ts';

export interface ReconcilerOptions {
  readonly desk: Pick<DeskClient, 'reconcile'>;
  readonly portfolio: Pick<PortfolioClient, 'refresh'>;
  readonly store: {
    readonly executions: { positionBook(since: number): Promise<Books['traded']> };
    readonly orders: { unsettled(): Promise<readonly Order[]> };
    readonly state: { get(key: string): Promise<unknown>; set(key: string, value: unknown): Promise<void> };
  };
  readonly now: () => number;
  /** Told of all differences of each look by itself, but of those that an order on its way may explain. */
  readonly onLook: (differences: readonly Difference[]) => void;
  /** The last comparison is another one now. */
  readonly onCompared?: () => void;
}

const KEY = 'reconciliation';
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const openingSchema = z.object({ acceptedAt: z.number(), opening: z.record(z.string(), z.string()) });
type Opening = z.infer<typeof openingSchema>;

/** Trades that come in between the questions look like differences: then it is asked again. */
const ATTEMPTS = 10;
const WATCH_ATTEMPTS = 3;
const PAUSE_MS = 300;
/** A difference counts when it is there again after this: the broker may tell a position later than the list of them. */
const CONFIRM_MS = 1_000;
/** Between two looks while the desk is open. */
const WATCH_MS = 60_000;

/** Kinds that an order on its way may explain. */
const passing: readonly DifferenceKind[] = ['missedFill', 'orphanOrder'];
const keyOf = ({ kind, instrumentId, ref }: Difference): string => `${kind} ${instrumentId} ${ref ?? ''}`;

const quantities = (held: Books['held']): readonly string[] =>
  held.map(({ instrumentId, quantity }) => `${instrumentId} ${quantity}`).sort();
const agrees = (books: Books): boolean => reconcile(books).every(({ kind }) => kind === 'manualTrade');

/** Compares the broker with what is known here, on demand; remembers what was there before the first trade. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  #last: ReconciliationView | null = null;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** The last comparison in the life of this process; null before the first. */
  get last(): ReconciliationView | null {
    return this.#last;
  }

  /**
   * Asks the broker for orders, executions and positions, and explains every difference. `accept` takes what the broker
   * holds for right from now on. @throws Refusal 503 when the broker cannot be asked, or trades come in all the time
   */
  async run({
    accept,
    attempts = ATTEMPTS,
  }: {
    accept: boolean;
    attempts?: number;
  }): Promise<ReconciliationView> {
    const { now } = this.#options;
    const known = await this.#opening();
    const books = await this.#books(known, attempts);
    const first = known === null || accept;
    const opening: Opening = first ? { acceptedAt: now(), opening: { ...acceptedOpening(books) } } : known;
    // Told before it is accepted: who accepts sees what.
    const differences = known === null ? [] : reconcile({ ...books, opening: known.opening });
    if (first) await this.#options.store.state.set(KEY, opening);
    this.#last = {
      ...{ at: now(), acceptedAt: opening.acceptedAt, instruments: instrumentsOf(books).length },
      ...{ differences, accepted: accept },
    };
    this.#options.onCompared?.();
    return this.#last;
  }

  /**
   * Compares by itself: now, and again and again until the answered function is called. The first time in the life of a
   * database it remembers what was held before. What cannot be asked now is asked the next time.
   */
  watch(onUnanswered: (cause: string) => void): () => void {
    let before: ReadonlySet<string> = new Set();
    const look = (): void => {
      this.run({ accept: false, attempts: WATCH_ATTEMPTS }).then(
        ({ differences }) => {
          // What an order on its way explains is over by the next look, or it is none of its making.
          this.#options.onLook(
            differences.filter((one) => !passing.includes(one.kind) || before.has(keyOf(one))),
          );
          before = new Set(differences.map(keyOf));
        },
        (error: unknown) => onUnanswered(error instanceof Error ? error.message : String(error)),
      );
    };
    look();
    const timer = setInterval(look, WATCH_MS);
    return () => clearInterval(timer);
  }

  async #opening(): Promise<Opening | null> {
    const stored = await this.#options.store.state.get(KEY);
    return stored === null || stored === undefined ? null : openingSchema.parse(stored);
  }

  /** Both sides at one moment; sides that differ are looked at until they differ in the same way twice. */
  async #books(known: Opening | null, attempts: number): Promise<Books> {
    let last = '';
    try {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const books = await this.#look(known);
        const seen = books === null ? '' : JSON.stringify([quantities(books.held), books.traded]);
        if (books !== null && (agrees(books) || seen === last)) return books;
        last = seen;
        await pause(books === null ? PAUSE_MS : CONFIRM_MS);
      }
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw new Refusal(503, 'broker-unavailable', `reconcile: the broker could not be asked: ${cause}`);
    }
    throw new Refusal(
      503,
      'never-at-rest',
      `reconcile: found trades coming in at each of ${attempts} attempts, expected a moment without; pause the sessions`,
    );
  }

  /** Null when what is known here changed while the broker was asked. */
  async #look(known: Opening | null): Promise<Books | null> {
    const { desk, portfolio, store } = this.#options;
    const since = known?.acceptedAt ?? 0;
    await desk.reconcile();
    const before = await store.executions.positionBook(since);
    const held = await portfolio.refresh();
    await desk.reconcile();
    const traded = await store.executions.positionBook(since);
    if (JSON.stringify(before) !== JSON.stringify(traded)) return null;
    const unsettled = (await store.orders.unsettled()).filter(({ state }) => !isFinal(state));
    const opening: Record<string, DecimalString> = known?.opening ?? {};
    return { opening, traded, held, unsettled };
  }
}
