import type { EventEmitter } from 'node:events';
import { type Contract, EventName, IBApi, type Order, OrderType } from '@stoqey/ib';
import { until } from './system.ts';

/** An order as the gateway lists it, open or completed. */
export interface SeenOrder {
  readonly permId: number;
  readonly clientId: number;
  readonly ref: string;
  readonly status: string;
  readonly symbol: string;
}

/** A fill as the gateway lists it. */
export interface SeenExecution {
  readonly execId: string;
  readonly permId: number;
  readonly ref: string;
  readonly symbol: string;
  readonly side: string;
  readonly quantity: number;
}

/** What a program beside Tradewarden sees at the gateway. */
export interface SecondClient {
  /** Signed quantities by symbol; flat ones are left out. */
  positions(): Promise<Map<string, number>>;
  /** Working orders of every client. */
  openOrders(): Promise<SeenOrder[]>;
  /** Orders that ended. */
  completedOrders(): Promise<SeenOrder[]>;
  executions(): Promise<SeenExecution[]>;
  /** Places a market order for a share, under no ref of ours. */
  trade(symbol: string, side: 'BUY' | 'SELL', quantity: number): Promise<void>;
  close(): void;
}

/** Connects to the gateway under a client id of its own. */
export async function connectSecondClient(port: number, clientId = 99): Promise<SecondClient> {
  const ib = new IBApi({ host: '127.0.0.1', port, clientId, maxReqPerSec: 1_000 });
  // Its typed overloads do not take a name that is chosen at run time.
  const events = ib as unknown as EventEmitter;
  let nextId: number | null = null;
  let reqId = 9_000;
  // Errors of requests show as a deadline that passes.
  ib.on(EventName.error, () => undefined);
  ib.on(EventName.nextValidId, (id: number) => {
    nextId = id;
  });
  ib.connect();
  await until('the second client is connected', () => nextId);

  /** Collects what a request is answered with until its end event. */
  async function collect<T>(
    item: EventName,
    end: EventName,
    ask: (id: number) => void,
    // biome-ignore lint/suspicious/noExplicitAny: the library's events have no common type
    read: (...args: any[]) => T,
  ): Promise<T[]> {
    const found: T[] = [];
    reqId += 1;
    // biome-ignore lint/suspicious/noExplicitAny: the library's events have no common type
    const hear = (...args: any[]): void => {
      found.push(read(...args));
    };
    events.on(item, hear);
    try {
      const ended = new Promise<void>((done, fail) => {
        const timer = setTimeout(() => fail(new Error(`no ${end} within 10 s`)), 10_000);
        events.once(end, () => {
          clearTimeout(timer);
          done();
        });
      });
      ask(reqId);
      await ended;
      return found;
    } finally {
      events.off(item, hear);
    }
  }

  return {
    async positions() {
      const rows = await collect(
        EventName.position,
        EventName.positionEnd,
        () => ib.reqPositions(),
        (_account: string, contract: Contract, quantity: number) =>
          [contract.symbol ?? '', Number(quantity)] as const,
      );
      ib.cancelPositions();
      return new Map(rows.filter(([, quantity]) => quantity !== 0));
    },
    openOrders: () =>
      collect(
        EventName.openOrder,
        EventName.openOrderEnd,
        () => ib.reqAllOpenOrders(),
        (_id: number, contract: Contract, order: Order, state: { status?: string }) => ({
          permId: order.permId ?? 0,
          clientId: order.clientId ?? 0,
          ref: order.orderRef ?? '',
          status: state.status ?? '',
          symbol: contract.symbol ?? '',
        }),
      ),
    completedOrders: () =>
      collect(
        EventName.completedOrder,
        EventName.completedOrdersEnd,
        () => ib.reqCompletedOrders(false),
        (contract: Contract, order: Order, state: { status?: string }) => ({
          permId: order.permId ?? 0,
          clientId: order.clientId ?? 0,
          ref: order.orderRef ?? '',
          status: state.status ?? '',
          symbol: contract.symbol ?? '',
        }),
      ),
    executions: () =>
      collect(
        EventName.execDetails,
        EventName.execDetailsEnd,
        (id) => ib.reqExecutions(id, {}),
        (_id: number, contract: Contract, execution) => ({
          execId: String(execution.execId),
          permId: Number(execution.permId),
          ref: String(execution.orderRef ?? ''),
          symbol: contract.symbol ?? '',
          side: String(execution.side),
          quantity: Number(execution.shares),
        }),
      ),
    async trade(symbol, side, quantity) {
      if (nextId === null) throw new Error('not connected');
      const orderId = nextId;
      nextId += 1;
      ib.placeOrder(
        orderId,
        { symbol, secType: 'STK', exchange: 'SMART', currency: 'USD' } as Contract,
        {
          action: side,
          orderType: OrderType.MKT,
          totalQuantity: quantity,
          tif: 'DAY',
          transmit: true,
        } as Order,
      );
    },
    close: () => {
      ib.disconnect();
    },
  };
}
