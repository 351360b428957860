import { describe, expect, it } from 'vitest';
import { noPrices, type Order } from '../../../machines/domain/order.ts';
import type { CancelResult, DeskState } from '../../../machines/order/desk.events.ts';
import { SafeHalt, type WorkingOrdersPolicy } from '../../../src/runtime/safe-halt.ts';
import { settle } from '../../support/clock.ts';

const order = (ref: string, purpose: 'entry' | 'exit'): Order => ({
  ...{ ref, source: 'autotrader', sessionId: 'spx', instrumentId: 'SPX.STK.SMART.USD', side: 'BUY' },
  ...{ ...noPrices, parentRef: null },
  ...{ quantity: '1', orderType: 'LMT', limitPrice: '1', timeInForce: 'GTC', purpose, reason: null },
  ...{ barTime: null, createdAt: 0, state: 'working', permIds: [1], orderId: 1, clientId: 1 },
  ...{ account: 'DU1', filled: '0', averagePrice: null, message: null, updatedAt: 0 },
});

function world(policy: WorkingOrdersPolicy, opensLater = false) {
  let isOpen = !opensLater;
  const waiting: (() => void)[] = [];
  const orders = new Map([
    ['in', order('in', 'entry')],
    ['out', order('out', 'exit')],
  ]);
  const cancelled: string[] = [];
  const answers: CancelResult[] = [];
  let listener: (state: DeskState) => void = () => undefined;
  let lookupFails = 0;
  const halt = new SafeHalt({
    policy,
    desk: {
      inFlight: () => [...orders.keys()],
      async cancel(ref) {
        cancelled.push(ref);
        return answers.shift() ?? { outcome: 'accepted', permId: 1 };
      },
      isOpen: () => isOpen,
      onState: (heard) => {
        listener = heard;
        return () => undefined;
      },
    },
    orders: {
      async get(ref) {
        if (lookupFails-- > 0) throw new Error('the database is away');
        return orders.get(ref) ?? null;
      },
    },
    now: () => 7,
    onMeasure: () => undefined,
    later: (again) => waiting.push(again),
  });
  return {
    halt,
    cancelled,
    answers,
    failLookups: (count: number) => {
      lookupFails = count;
    },
    async open() {
      isOpen = true;
      listener('open');
      await settle();
    },
    /** Lets the pause before another try pass. */
    async wait() {
      for (const again of waiting.splice(0)) again();
      await settle();
    },
    waiting,
    words: () => halt.measures.map(({ message }) => message).join('\n'),
  };
}

describe('SafeHalt', () => {
  it.each([
    ['leave', []],
    ['cancelEntries', ['in']],
    ['cancelAll', ['in', 'out']],
  ] as const)('with policy %s cancels %j', async (policy, expected) => {
    const { halt, cancelled } = world(policy);
    halt.begin('broker gave up');
    await settle();
    expect(cancelled).toEqual(expected);
  });

  it('says why it halted and what it did with each order', async () => {
    const { halt, words } = world('cancelEntries');
    halt.begin('broker gave up');
    await settle();
    expect(words()).toContain('Trading is halted: broker gave up.');
    expect(words()).toContain('Order in was cancelled.');
    expect(words()).toContain('Order out closes a position and was left.');
  });

  it('waits until the desk has settled everything with the broker', async () => {
    const { halt, cancelled, open } = world('cancelAll', true);
    halt.begin('broker gave up');
    await settle();
    expect(cancelled).toEqual([]);
    await open();
    expect(cancelled).toEqual(['in', 'out']);
  });

  it('asks once for an order that was cancelled or that the broker refused to cancel', async () => {
    const { halt, cancelled, answers, open } = world('cancelAll');
    answers.push({ outcome: 'rejected', code: 161, message: 'it has filled' });
    halt.begin('broker gave up');
    await settle();
    await open();
    expect(cancelled).toEqual(['in', 'out']);
  });

  it('asks again for an order of which nobody knows, until somebody does', async () => {
    const { halt, cancelled, answers, wait, waiting, words } = world('cancelAll');
    answers.push({ outcome: 'unknown', message: 'no answer' }, { outcome: 'accepted', permId: 1 });
    halt.begin('broker gave up');
    await settle();
    expect(words()).toContain('Whether order in was cancelled is not known yet: no answer');
    await wait();
    expect(cancelled).toEqual(['in', 'out', 'in']);
    expect(waiting).toEqual([]);
  });

  it('treats each order without waiting for the answer about another', async () => {
    const { halt, cancelled, answers } = world('cancelAll');
    answers.push(new Promise(() => undefined) as never);
    halt.begin('broker gave up');
    await settle();
    expect(cancelled).toEqual(['in', 'out']);
  });

  it('asks no second time for an order while the first question is open, however often the desk opens', async () => {
    const { halt, cancelled, answers, open } = world('cancelAll');
    answers.push(new Promise(() => undefined) as never);
    halt.begin('broker gave up');
    await settle();
    await open();
    expect(cancelled).toEqual(['in', 'out']);
  });

  it('says so when an order cannot be looked up, and tries it again', async () => {
    const { halt, cancelled, failLookups, wait, words } = world('cancelEntries');
    failLookups(2);
    halt.begin('broker gave up');
    await settle();
    expect(cancelled).toEqual([]);
    expect(words()).toContain('could not be looked up: the database is away');
    await wait();
    expect(cancelled).toEqual(['in']);
  });

  it('does nothing more once the halted tree has given up too, and says who must act', async () => {
    const { halt, cancelled, open, words } = world('cancelAll', true);
    halt.begin('broker gave up');
    halt.end('connection gave up');
    await open();
    expect(cancelled).toEqual([]);
    expect(words()).toContain('look after them in TWS');
  });
});
