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
  return `Whether order ${ref} was cancelled is not known yet${message}; it is asked for again`;
};

/**
 * What is done about working orders after the root of the supervision tree gave up: once for each order, whenever
 * the order desk of the halted tree opens, which it does after it has settled everything with the broker. It sends
 * cancels and nothing else.
 */
export class SafeHalt {
  readonly #options: SafeHaltOptions;
  readonly #measures: Measure[] = [];
  readonly #handled = new Set<OrderRef>();
  #isOn = false;
  #isWorking = false;

  constructor(options: SafeHaltOptions) {
    this.#options = options;
  }

  /** Oldest first. */
  get measures(): readonly Measure[] {
    return this.#measures;
  }

  /** The root gave up. */
  begin(cause: string): void {
    this.#isOn = true;
    this.#note(`Trading is halted: ${cause}. No order leaves until Tradewarden is started again.`);
    this.#note(policyWords[this.#options.policy]);
    this.#options.desk.onState((state) => {
      if (state === 'open') void this.#settle();
    });
    if (this.#options.desk.isOpen()) void this.#settle();
  }

  /** What was left gave up as well: nobody can do anything about orders from here. */
  end(cause: string): void {
    this.#isOn = false;
    this.#note(
      `The connection to the broker could not be kept either: ${cause}. Orders that still work are at the broker; look after them in TWS.`,
    );
  }

  async #settle(): Promise<void> {
    if (!this.#isOn || this.#isWorking || this.#options.policy === 'leave') return;
    this.#isWorking = true;
    for (const ref of this.#options.desk.inFlight({})) {
      if (!this.#handled.has(ref)) await this.#treat(ref);
    }
    this.#isWorking = false;
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
      // Not sent, or unknown: tried again when the desk opens next.
      if (result.outcome === 'accepted' || result.outcome === 'rejected') this.#handled.add(ref);
      this.#note(outcomeWords(ref, result));
    } catch (error) {
      this.#note(`Order ${ref} could not be looked up: ${failureMessage(error)}; it is tried again.`);
    }
  }

  #note(message: string): void {
    const measure: Measure = { at: this.#options.now(), message };
    this.#measures.push(measure);
    this.#options.onMeasure(measure);
  }
}
