import { failureMessage } from '../../machines/domain/failure.ts';
import type { Order, OrderRef } from '../../machines/domain/order.ts';
import type { DeskClient } from '../../machines/order/desk.client.ts';
import type { CancelResult } from '../../machines/order/desk.events.ts';

/** What becomes of working orders when the supervision gives up. */
export type WorkingOrdersPolicy = 'leave' | 'cancelEntries' | 'cancelAll';

export interface SafeHaltOptions {
  readonly policy: WorkingOrdersPolicy;
  readonly desk: Pick<DeskClient, 'inFlight' | 'cancel' | 'isOpen' | 'onState'>;
  readonly orders: { get(ref: OrderRef): Promise<Order | null> };
  readonly now: () => number;
  /** A sentence for the operator about what was done, or could not be. */
  readonly onMeasure: (measure: Measure) => void;
  /** Calls back after a while; what could not be settled is tried again then. @default after five seconds */
  readonly later?: (again: () => void) => void;
}

export interface Measure {
  /** Epoch ms. */
  readonly at: number;
  readonly message: string;
}

const policyWords: Readonly<Record<WorkingOrdersPolicy, string>> = {
  leave: 'Working orders are left at the broker, as configured.',
  cancelEntries: 'Working orders that would open a position are cancelled, exits are left, as configured.',
  cancelAll: 'All working orders are cancelled, as configured.',
};

const outcomeWords = (ref: OrderRef, result: CancelResult): string => {
  if (result.outcome === 'accepted') return `Order ${ref} was cancelled.`;
  const message = result.message === undefined ? '' : `: ${result.message}`;
  if (result.outcome === 'rejected') return `Order ${ref} was not cancelled${message}`;
  return `Whether order ${ref} was cancelled is not known yet${message}; it is tried again.`;
};

const RETRY_MS = 5_000;
const MAX_MEASURES = 200;

/**
 * What is done about working orders after the root of the supervision tree gave up: whenever the order desk of the
 * halted tree is open, which it is after it has settled everything with the broker, each order is treated once; what
 * stays unknown is tried again until it is not. It sends cancels and nothing else.
 */
export class SafeHalt {
  readonly #options: SafeHaltOptions;
  readonly #later: (again: () => void) => void;
  readonly #measures: Measure[] = [];
  readonly #handled = new Set<OrderRef>();
  readonly #underWay = new Set<OrderRef>();
  #isOn = false;
  #isWaiting = false;

  constructor(options: SafeHaltOptions) {
    this.#options = options;
    this.#later = options.later ?? ((again) => setTimeout(again, RETRY_MS).unref());
  }

  /** Oldest first; the first ones and the newest ones, when there are very many. */
  get measures(): readonly Measure[] {
    return this.#measures;
  }

  /** The root gave up. */
  begin(cause: string): void {
    this.#isOn = true;
    this.#note(
      `Trading is halted: ${cause}. No order leaves until Tradewarden is started again and trading is resumed.`,
    );
    this.#note(policyWords[this.#options.policy]);
    this.#options.desk.onState((state) => {
      if (state === 'open') this.#settle();
    });
    this.#settle();
  }

  /** What was left gave up as well: nobody can do anything about orders from here. */
  end(cause: string): void {
    this.#isOn = false;
    this.#note(
      `The connection to the broker could not be kept either: ${cause}. Orders that still work are at the broker; look after them in TWS.`,
    );
  }

  /** Treats every order that nobody treats yet, all at once: none waits for the answer about another. */
  #settle(): void {
    const { policy, desk } = this.#options;
    if (!this.#isOn || policy === 'leave' || !desk.isOpen()) return;
    for (const ref of desk.inFlight({})) {
      if (this.#handled.has(ref) || this.#underWay.has(ref)) continue;
      this.#underWay.add(ref);
      void this.#treat(ref).finally(() => this.#underWay.delete(ref));
    }
  }

  async #treat(ref: OrderRef): Promise<void> {
    const { policy, orders, desk } = this.#options;
    try {
      const order = await orders.get(ref);
      if (policy === 'cancelEntries' && order?.purpose === 'exit') {
        this.#handled.add(ref);
        this.#note(`Order ${ref} closes a position and was left.`);
        return;
      }
      const result = await desk.cancel(ref);
      if (result.outcome === 'accepted' || result.outcome === 'rejected') this.#handled.add(ref);
      else this.#tryAgain();
      this.#note(outcomeWords(ref, result));
    } catch (error) {
      this.#note(`Order ${ref} could not be looked up: ${failureMessage(error)}; it is tried again.`);
      this.#tryAgain();
    }
  }

  #tryAgain(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#later(() => {
      this.#isWaiting = false;
      this.#settle();
    });
  }

  #note(message: string): void {
    const measure: Measure = { at: this.#options.now(), message };
    this.#measures.push(measure);
    // Why it halted, and what its policy is, stay.
    if (this.#measures.length > MAX_MEASURES) this.#measures.splice(2, 1);
    this.#options.onMeasure(measure);
  }
}
