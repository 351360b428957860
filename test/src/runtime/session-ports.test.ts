import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../machines/domain/decision.ts';
import type { Order } from '../../../machines/domain/order.ts';
import type { Position } from '../../../machines/domain/position.ts';
import type { SessionDefinition } from '../../../machines/domain/session.ts';
import type { SubmitResult } from '../../../machines/order/desk.events.ts';
import { createSessionPorts, type SessionPortsOptions } from '../../../src/runtime/session-ports.ts';

const id = 'ORCL.STK.SMART.USD';
const definition: SessionDefinition = {
  ...{ id: 'oracle', name: 'Oracle', timeframe: '5m', strategy: 'sma', orderType: 'MKT' },
  instrument: { symbol: 'ORCL', secType: 'STK', exchange: 'SMART', currency: 'USD' },
  sizing: { kind: 'fixed', quantity: '1' },
  ...{
    limitOffsetBps: 0,
    allowShort: false,
    onDifference: 'adopt',
    thread: 'main',
    bufferSize: 200,
    active: true,
    origin: 'config',
  },
};
const decision: Decision = {
  ...{ sessionId: 'oracle', instrumentId: id, barTime: 1, at: 1, close: 1, signal: 'flat', guard: null },
  ...{ outcome: 'order', reason: 'a test', orderRef: null, values: { position: '10' } },
  order: {
    ...{ side: 'SELL', quantity: '10', orderType: 'MKT', limitPrice: null },
    ...{ timeInForce: 'DAY', purpose: 'exit' },
  },
};
const held = (quantity: string, at: number): Position => ({
  ...{ account: 'DU1', instrumentId: id, symbol: 'ORCL', quantity, averageCost: null, at },
});

function world() {
  const state = {
    risk: 'active' as 'active' | 'reducing' | 'halted',
    position: held('10', 100),
    asOf: 100,
    synced: true,
    lastFillAt: 50,
    inFlight: [] as string[],
    answer: { outcome: 'accepted', permId: 1 } as SubmitResult,
    stored: null as Order | null,
    submitted: 0,
    now: 1_000,
  };
  // Only what the ports under test touch.
  const options = {
    hub: { instrument: () => null, quote: () => null, isOpen: () => true, marketTime: () => 1 },
    desk: {
      isOpen: () => true,
      inFlight: () => state.inFlight,
      submit: async () => {
        state.submitted += 1;
        return state.answer;
      },
    },
    portfolio: {
      snapshot: () => ({ synced: state.synced, asOf: state.asOf }),
      position: () => state.position,
      figure: () => null,
    },
    leases: {},
    store: { orders: { get: async () => state.stored }, strategies: {}, decisions: {} },
    turns: { run: (work: () => void) => work(), next: async () => undefined },
    ...{ maxQuoteAgeMs: 1_000, now: () => state.now, undecidedSince: () => null },
    connection: () => ({ ready: true, cause: null }),
    risk: () => ({ state: state.risk, since: 0, cause: 'a test', author: 'person' }),
    storeStatus: () => ({ state: 'up', cause: null, since: 0 }),
    lastFillAt: () => state.lastFillAt,
  } as unknown as SessionPortsOptions;
  const ports = createSessionPorts(options);
  return {
    state,
    facts: () =>
      ports.gatherFacts(definition, {
        ...{ bar: { time: 1, open: 1, high: 1, low: 1, close: 1, volume: 1 }, late: true },
        ...{ superseded: false, paused: false, epoch: 1 },
      }),
    place: () => ports.placeOrder({ definition, decision, epoch: 1 }),
  };
}

describe('facts of a decision', () => {
  it.each([
    ['told after the last fill', { lastFillAt: 99 }, '10'],
    ['older than the last fill', { lastFillAt: 101 }, null],
    ['listed over an earlier connection', { synced: false }, null],
  ])('take the position %s as %s', async (_, change, expected) => {
    const { state, facts } = world();
    Object.assign(state, change);
    expect((await facts()).positionQuantity).toBe(expected);
  });

  it('count the orders of every session on the instrument, as they share one position', async () => {
    const { state, facts } = world();
    state.inFlight = [`tw.s.other.${'0'.repeat(26)}`, `tw.m.${'0'.repeat(26)}`];
    expect((await facts()).ordersInFlight).toBe(1);
  });
});

describe('placing an order', () => {
  it('hands the order to the desk when nothing has changed since the decision', async () => {
    const { state, place } = world();
    expect((await place()).ref).toMatch(/^tw\.s\.oracle\./);
    expect(state.submitted).toBe(1);
  });

  it.each([
    ['risk was halted', { risk: 'halted' }, 'riskHalted'],
    ['another session sent an order for it', { inFlight: [`tw.s.b.${'0'.repeat(26)}`] }, 'duplicate'],
    ['a fill came in that the position does not show', { lastFillAt: 101 }, 'positionNotSynced'],
    ['its prices grew too old', { now: 1_002 }, 'dataStale'],
    ['the position became another one', { position: held('0', 200) }, 'positionNotSynced'],
  ])('commits nothing when %s meanwhile', async (_, change, reason) => {
    const { state, place } = world();
    Object.assign(state, change);
    expect(await place()).toMatchObject({ ref: null, result: { outcome: 'notSent', reason } });
    expect(state.submitted).toBe(0);
  });

  it('lets an exit through while risk reduces', async () => {
    const { state, place } = world();
    state.risk = 'reducing';
    expect((await place()).ref).not.toBeNull();
  });

  it('counts an order as not committed when the desk died with it and the database does not know it', async () => {
    const { state, place } = world();
    state.answer = { outcome: 'unknown', message: 'the order desk stopped' };
    expect(await place()).toEqual({ ref: null, result: state.answer });
    state.stored = { ref: 'stored' } as Order;
    expect((await place()).ref).not.toBeNull();
  });
});
