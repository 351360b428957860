import { describe, expect, it } from 'vitest';
import type { OrderIntent } from '../../../machines/domain/order.ts';
import type { SessionDefinition } from '../../../machines/domain/session.ts';
import { type HeldBack, type RiskStatus, strictest } from '../../../machines/risk/risk.status.ts';
import type { KillFile } from '../../../src/process/kill-file.ts';
import { type DashboardOptions, DashboardPort } from '../../../src/runtime/dashboard-port.ts';
import { ManualOrders } from '../../../src/runtime/manual-orders.ts';

const id = 'ORCL.STK.SMART.USD';

function world(change: Record<string, unknown>, supervision = 'running', killFile: KillFile | null = null) {
  const state = {
    risk: 'active',
    quantity: '10',
    at: 100,
    lastFillAt: 0,
    inFlight: [] as string[],
    quality: 'live',
    quoteAgeMs: 0,
    parts: [] as HeldBack[],
    actor: undefined as unknown,
    broken: null as string | null,
    ...change,
  };
  const sent: OrderIntent[] = [];
  const created: string[] = [];
  // Only what placing an order and setting risk touch.
  const parts = {
    hub: {
      instrument: () => ({ id }),
      instruments: () => [],
      use: () => undefined,
      quote: () => ({ quality: state.quality, last: 100, receivedAt: Date.now() - state.quoteAgeMs }),
    },
    maxQuoteAgeMs: 10_000,
    desk: {
      inFlight: () => state.inFlight,
      submit: async ({ intent }: { intent: OrderIntent }) => {
        sent.push(intent);
        return { outcome: 'accepted', permId: 1 };
      },
    },
    portfolio: {
      snapshot: () => ({ synced: true, asOf: state.at }),
      position: () => ({ quantity: state.quantity, at: state.at }),
    },
    status: {
      ...{ risk: { state: state.risk, cause: 'a test' }, riskParts: state.parts },
      connection: { accounts: ['DU1'] },
      lastFillAt: () => state.lastFillAt,
    },
    book: {
      ids: () => ['a', 'b'],
      get: () => null,
      create: async (session: SessionDefinition) => void created.push(session.id),
    },
    tree: { directory: { running: () => state.actor } },
    supervision: () => ({ state: supervision }),
    store: { strategies: { get: async () => ({}) } },
    plan: { refusal: () => state.broken },
    killFile: () => killFile,
    riskOf: (account: string | null, sessionId: string | null) =>
      strictest({ state: state.risk, cause: 'a test' } as RiskStatus, state.parts, { account, sessionId }),
    onFault: () => undefined,
  } as unknown as DashboardOptions;
  const orders = new ManualOrders(parts);
  const port = new DashboardPort({ ...parts, orders });
  const place = (side: 'BUY' | 'SELL', quantity: string) =>
    port.placeOrder({
      ...{ instrumentId: id, side, quantity, orderType: 'MKT', limitPrice: null, timeInForce: 'DAY' },
    });
  const close = (side: 'BUY' | 'SELL', quantity: string) =>
    orders.close(
      { ...{ instrumentId: id, side, quantity, orderType: 'MKT', limitPrice: null, timeInForce: 'DAY' } },
      'a policy',
    );
  return { port, place, close, sent, created };
}

describe('an order by hand', () => {
  it.each([
    ['active', 'BUY', '10', {}, 'entry'],
    ['active', 'SELL', '10', {}, 'exit'],
    ['reducing', 'SELL', '10', {}, 'exit'],
    ['reducing', 'SELL', '4', {}, 'exit'],
    ['reducing', 'BUY', '10', { quantity: '-10' }, 'exit'],
  ] as const)(
    'goes out while risk is %s when it is a %s of %s',
    async (risk, side, quantity, more, purpose) => {
      const { place, sent } = world({ risk, ...more });
      expect(await place(side, quantity)).toMatchObject({ outcome: 'accepted' });
      expect(sent.map((intent) => intent.purpose)).toEqual([purpose]);
    },
  );

  it('is refused while its account is halted, whatever the whole is', async () => {
    const status = { state: 'halted', since: 0, cause: 'a margin call', author: 'person' } as const;
    const { place, sent } = world({ parts: [{ scope: { kind: 'account', id: 'DU1' }, status }] });
    await expect(place('SELL', '10')).rejects.toThrow(/risk: found "halted" \(a margin call\)/);
    expect(sent).toEqual([]);
  });

  it.each([
    ['reducing', 'it opens', 'BUY', '1', {}],
    ['reducing', 'it turns the position round', 'SELL', '11', {}],
    ['reducing', 'another order is on its way', 'SELL', '10', { inFlight: ['tw.m.1'] }],
    ['reducing', 'the position is older than the last fill', 'SELL', '10', { lastFillAt: 101 }],
    ['halted', 'nothing goes out', 'SELL', '10', {}],
  ] as const)('is refused while risk is %s: %s', async (risk, _, side, quantity, more) => {
    const { place, sent } = world({ risk, ...more });
    await expect(place(side, quantity)).rejects.toMatchObject({ status: 409, code: 'risk-not-active' });
    expect(sent).toEqual([]);
  });
});

describe('an order that may only close', () => {
  it('goes out with its reason when it does', async () => {
    const { close, sent } = world({});
    expect(await close('SELL', '10')).toMatchObject({ outcome: 'accepted' });
    expect(sent).toMatchObject([{ purpose: 'exit', reason: 'a policy' }]);
  });

  it.each([
    ['the position is older than the last fill', '10', { lastFillAt: 101 }],
    ['another order is on its way', '10', { inFlight: ['tw.m.1'] }],
    ['it turns the position round', '11', {}],
  ])('is refused while risk is active: %s', async (_, quantity, more) => {
    const { close, sent } = world(more);
    await expect(close('SELL', quantity)).rejects.toMatchObject({ status: 409, code: 'not-closing' });
    expect(sent).toEqual([]);
  });
});

describe('an order by hand on a price that is not there', () => {
  it.each([
    ['a delayed price', { quality: 'delayed' }],
    ['a live price that is too old', { quoteAgeMs: 10_500 }],
  ])('is refused with %s', async (_, more) => {
    const { place, sent } = world(more);
    await expect(place('BUY', '1')).rejects.toMatchObject({ status: 409, code: 'price-not-fresh' });
    expect(sent).toEqual([]);
  });
});

describe('the health of the supervision', () => {
  it('is the one item of its topic', async () => {
    const { port } = world({});
    expect(await port.snapshot('supervision')).toEqual([{ state: 'running' }]);
  });
});

describe('the risk switch', () => {
  it('says so when nobody heard it', () => {
    const { port } = world({});
    expect(() => port.setRisk('halt', 'a test')).toThrow(/repeat it/);
  });

  it('cannot be loosened while a file holds it, and names the file', () => {
    const file = { command: 'halt', path: '/data/HALT', cause: 'file HALT', writtenAt: 1 } as const;
    const { port } = world({}, 'running', file);
    for (const command of ['resume', 'reduce'] as const) {
      expect(() => port.setRisk(command, 'a test')).toThrow(
        expect.objectContaining({
          ...{ status: 409, code: 'kill-file' },
          message: `risk: found the file /data/HALT, expected none; take it away, then ${command}`,
        }),
      );
    }
    for (const command of ['halt', 'flatten'] as const) {
      expect(() => port.setRisk(command, 'a test')).toThrow(/repeat it/);
    }
  });

  it('names the sessions and accounts that there are when it is thrown for another', () => {
    const { port } = world({ actor: { send: () => undefined } });
    const halt = (kind: 'session' | 'account') => () => port.setRisk('halt', 'a test', { kind, id: 'x' });
    expect(halt('session')).toThrow(/found no session "x", expected one of a, b/);
    expect(halt('account')).toThrow(/found no account "x", expected one of DU1/);
    expect(() => port.setRisk('flatten', 'a test', { kind: 'session', id: 'a' })).toThrow(
      expect.objectContaining({ status: 422, code: 'flatten-all' }),
    );
  });

  it('cannot be turned on again once the supervision has halted', () => {
    const { port } = world({}, 'halted');
    expect(() => port.setRisk('resume', 'a test')).toThrow(
      expect.objectContaining({ status: 409, code: 'supervision-halted' }),
    );
  });
});

describe('a session made by hand', () => {
  it('is refused with nothing stored when what it is declared to reach breaks a limit', async () => {
    const { port, created } = world({ broken: 'session c is declared to reach too much' });
    const draft = { id: 'c', strategy: 'sma-10-30' } as Parameters<DashboardPort['createSession']>[0];
    await expect(port.createSession(draft)).rejects.toMatchObject({
      ...{ status: 422, code: 'breaks-limit' },
      message: 'sizing: session c is declared to reach too much',
    });
    expect(created).toEqual([]);
  });
});
