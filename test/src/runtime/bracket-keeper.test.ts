import { describe, expect, it } from 'vitest';
import { noPrices, type Order, type OrderAmendment } from '../../../machines/domain/order.ts';
import { BracketKeeper } from '../../../src/runtime/bracket-keeper.ts';

const order = (ref: string, changes: Partial<Order>): Order => ({
  ...{ ref, source: 'manual', sessionId: null, instrumentId: 'X.STK.SMART.USD', side: 'BUY', quantity: '10' },
  ...noPrices,
  ...{ orderType: 'MKT', timeInForce: 'DAY', parentRef: null, purpose: 'entry', reason: null, barTime: null },
  ...{ createdAt: 0, state: 'filled', permIds: [], orderId: 1, clientId: 1, account: 'DU1', filled: '10' },
  ...{ averagePrice: '1', message: null, updatedAt: 0 },
  ...changes,
});
const entry = order('entry', {});
const stop = order('stop', { side: 'SELL', parentRef: 'entry', state: 'working', filled: '0' });

function world() {
  const state = {
    orders: [entry, stop] as readonly Order[],
    failure: null as string | null,
    ...{ held: '10', at: 5, lastFillAt: 5, isOpen: true, reads: 0 },
  };
  const cancelled: string[] = [];
  const amended: OrderAmendment[] = [];
  const alarms: string[] = [];
  let tell: (order: Order) => void = () => undefined;
  let opened: (state: 'open') => void = () => undefined;
  const keeper = new BracketKeeper({
    desk: {
      isOpen: () => state.isOpen,
      cancel: async (ref) => {
        cancelled.push(ref);
        return { outcome: 'accepted', permId: 1 };
      },
      amend: async (amendment) => {
        amended.push(amendment);
        return { outcome: 'accepted', permId: 1 };
      },
      onOrder: (listener) => {
        tell = listener;
        return () => undefined;
      },
      onState: (listener) => {
        opened = listener;
        return () => undefined;
      },
    },
    orders: {
      brackets: async () => {
        state.reads += 1;
        if (state.failure !== null) throw new Error(state.failure);
        return state.orders;
      },
    },
    portfolio: {
      snapshot: () => ({ synced: true, asOf: state.at }),
      position: () => ({ quantity: state.held, at: state.at }),
    },
    lastFillAt: () => state.lastFillAt,
    now: () => 7,
    onAlarm: (message) => alarms.push(message),
    every: () => () => undefined,
  });
  keeper.start();
  return {
    state,
    keeper,
    cancelled,
    amended,
    alarms,
    tell: (o: Order) => tell(o),
    opened: () => opened('open'),
  };
}

describe('the keeper of brackets', () => {
  it('cancels a stop whose position is gone, at the second look that says so', async () => {
    const { state, keeper, cancelled, alarms } = world();
    await keeper.look();
    state.held = '0';
    await keeper.look();
    expect(cancelled).toEqual([]);
    await keeper.look();
    expect(cancelled).toEqual(['stop']);
    expect(alarms).toEqual([
      'Bracket: order stop is cancelled: the position that it protects is closed (accepted).',
    ]);
  });

  it('waits for positions that are told after the last fill', async () => {
    const { state, keeper, cancelled } = world();
    Object.assign(state, { held: '0', lastFillAt: 9 });
    await keeper.look();
    await keeper.look();
    expect(cancelled).toEqual([]);
  });

  it('begins anew with its looks at each opening of the desk, and does nothing while it is closed', async () => {
    const { state, keeper, cancelled, opened } = world();
    state.held = '0';
    await keeper.look();
    opened();
    state.isOpen = false;
    await keeper.look();
    state.isOpen = true;
    await keeper.look();
    expect(cancelled).toEqual([]);
  });

  it('makes protection as small as what was filled', async () => {
    const { state, keeper, amended } = world();
    state.orders = [order('entry', { state: 'cancelled', filled: '4' }), stop];
    state.held = '4';
    await keeper.look();
    await keeper.look();
    expect(amended).toMatchObject([{ ref: 'stop', quantity: '4', createdAt: 7 }]);
  });

  it('asks once for a size that the broker does not grant', async () => {
    const { state, keeper, amended } = world();
    state.orders = [order('entry', { state: 'cancelled', filled: '4' }), stop];
    state.held = '4';
    for (let looks = 0; looks < 5; looks += 1) await keeper.look();
    expect(amended).toHaveLength(1);
  });

  it('tells once of a position without its protection', async () => {
    const { state, keeper, alarms } = world();
    state.orders = [entry, { ...stop, state: 'rejected' }, { ...stop, ref: 'profit' }];
    for (let looks = 0; looks < 4; looks += 1) await keeper.look();
    expect(alarms).toEqual([
      'Bracket: the position of X.STK.SMART.USD lacks the protection of order stop, which is rejected.',
    ]);
  });

  it('reads no database while no bracket works, and reads again when one is told of', async () => {
    const { state, keeper, tell } = world();
    state.orders = [];
    await keeper.look();
    await keeper.look();
    expect(state.reads).toBe(1);
    tell(stop);
    await keeper.look();
    expect(state.reads).toBe(2);
  });

  it('tries again what it could not read, and says so once', async () => {
    const { state, keeper, cancelled, alarms } = world();
    Object.assign(state, { failure: 'the database is away', held: '0' });
    await keeper.look();
    await keeper.look();
    expect(alarms).toEqual(['The brackets cannot be looked at, and are tried again: the database is away']);
    state.failure = null;
    await keeper.look();
    await keeper.look();
    expect(cancelled).toEqual(['stop']);
  });
});
