import { createActor, type InspectionEvent } from 'xstate';
import {
  noPrices,
  type Order,
  type OrderAmendment,
  type OrderIntent,
} from '../../../machines/domain/order.ts';
import type { MayChange } from '../../../machines/order/desk.amend.ts';
import { createDeskClient, type DeskClient, type DeskRef } from '../../../machines/order/desk.client.ts';
import type { MayLeave } from '../../../machines/order/desk.commands.ts';
import type { DeskTiming } from '../../../machines/order/desk.events.ts';
import type { Leaving } from '../../../machines/order/desk.exposure.ts';
import { createDeskMachine } from '../../../machines/order/desk.machine.ts';
import { recorded } from '../../../src/inspect/draws.ts';
import { createQueueClock, type QueueClock, settle } from '../../support/clock.ts';
import { FakeBroker, ourClient } from './fake-broker.ts';
import { FakeStore } from './fake-store.ts';

const ulid = (n: number): string => String(n).padStart(26, '0');

/** An intent of session `s1` with a ref of its own. */
export function intentOf(n: number, changes: Partial<OrderIntent> = {}): OrderIntent {
  return {
    ref: `tw.s.s1.${ulid(n)}`,
    source: 'autotrader',
    sessionId: 's1',
    instrumentId: 'TEST.STK.SMART.USD',
    side: 'BUY',
    quantity: '100',
    orderType: 'MKT',
    ...noPrices,
    parentRef: null,
    timeInForce: 'DAY',
    purpose: 'entry',
    reason: 'a test',
    barTime: 0,
    createdAt: 0,
    ...changes,
  };
}

/** A change of the order of `intentOf(n)`. */
export const changeOf = (n: number, changes: Partial<OrderAmendment> = {}): OrderAmendment => ({
  ...noPrices,
  ref: intentOf(n).ref,
  quantity: '100',
  reason: 'a test',
  createdAt: 0,
  ...changes,
});

/** A desk with everything around it; broker and store outlive its restarts. */
export class DeskWorld {
  readonly clock: QueueClock = createQueueClock(1_000_000);
  readonly broker = new FakeBroker(() => this.clock.now());
  readonly store = new FakeStore();
  readonly alarms: string[] = [];
  readonly changes: Order[] = [];
  readonly client: DeskClient;
  nextValidId = 1;
  mayLeave: MayLeave = () => null;
  mayChange: MayChange = () => null;
  #desk: DeskRef | undefined;
  readonly #timing: Partial<DeskTiming>;

  readonly #inspect: (event: InspectionEvent) => void;

  constructor(timing: Partial<DeskTiming> = {}, inspect: (event: InspectionEvent) => void = () => {}) {
    this.#timing = timing;
    this.#inspect = inspect;
    this.client = createDeskClient(() => this.#desk);
    this.client.onAlarm((message) => this.alarms.push(message));
    this.client.onOrder((order) => this.changes.push(order));
  }

  /** Starts a desk; it waits for the connection. */
  start(): void {
    const machine = createDeskMachine({
      execution: this.broker,
      store: this.store,
      now: recorded(() => this.clock.now()),
      mayLeave: recorded((intent: OrderIntent, leaving: Leaving) => this.mayLeave(intent, leaving)),
      mayChange: recorded((order: Order, amendment: OrderAmendment, leaving: Leaving) =>
        this.mayChange(order, amendment, leaving),
      ),
    });
    this.#desk = createActor(machine, {
      id: 'root',
      inspect: this.#inspect,
      clock: this.clock,
      input: { clientId: ourClient, timing: this.#timing },
    });
    this.#desk.subscribe({ error: (error) => this.alarms.push(`the desk died: ${String(error)}`) });
    this.#desk.start();
    this.client.deskStarted();
  }

  /** The process dies: nothing of the desk survives, not even what it was about to write. */
  kill(): void {
    this.#desk?.stop();
    this.#desk = undefined;
  }

  ready(): void {
    this.broker.connected = true;
    const { nextValidId } = this;
    this.#desk?.send({
      type: 'connection.ready',
      facts: { nextValidId, accounts: ['DU1'], truth: this.broker.truth(), positions: [] },
    });
  }

  lose(): void {
    this.broker.connected = false;
    this.#desk?.send({ type: 'connection.lost', cause: 'the line is dead' });
  }

  /** A started, recovered, open desk. */
  async open(): Promise<this> {
    this.start();
    this.ready();
    await this.settle();
    return this;
  }

  async settle(): Promise<void> {
    // A write of the recorder takes a few turns of the event loop, and several may follow one another.
    for (let i = 0; i < 12; i += 1) await settle();
  }

  async pass(ms: number): Promise<void> {
    await this.settle();
    await this.clock.advanceSettled(ms);
    await this.settle();
  }

  /** Submits; the answer is there once it is known. */
  submit(intent: OrderIntent) {
    return this.client.submit({ intent, lease: null, decision: null });
  }

  /** A bracket: the entry is `intentOf(n)`, its children are the next two. */
  submitBracket(n: number) {
    const intent = intentOf(n, { orderType: 'LMT', limitPrice: '10', quantity: '100' });
    const child = { side: 'SELL', purpose: 'exit', parentRef: intent.ref } as const;
    const children = [
      intentOf(n + 1, { ...child, orderType: 'LMT', limitPrice: '12' }),
      intentOf(n + 2, { ...child, orderType: 'STP', stopPrice: '9' }),
    ];
    return this.client.submit({ intent, children, lease: null, decision: null });
  }

  stored(ref: string): Order {
    const order = this.store.orders.get(ref);
    if (order === undefined) throw new Error(`order "${ref}" is not stored`);
    return order;
  }
}
