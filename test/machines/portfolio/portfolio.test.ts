import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { BrokerError } from '../../../machines/domain/broker-error.ts';
import type { AccountValue, Position } from '../../../machines/domain/position.ts';
import { createPortfolioClient, type PortfolioRef } from '../../../machines/portfolio/portfolio.client.ts';
import type { PortfolioView } from '../../../machines/portfolio/portfolio.events.ts';
import { createPortfolioMachine } from '../../../machines/portfolio/portfolio.machine.ts';
import type { AccountNews } from '../../../machines/portfolio/portfolio.ports.ts';
import { createQueueClock, settle } from '../../support/clock.ts';

class World {
  readonly clock = createQueueClock(1_000_000);
  held: Position[] = [];
  asks = 0;
  brokerFails: Error | null = null;
  storeFails = false;
  streams = 0;
  readonly stored = new Map<string, Position>();
  readonly valueWrites: (readonly AccountValue[])[] = [];
  readonly views: PortfolioView[] = [];
  readonly client = createPortfolioClient(() => this.actor);
  actor: PortfolioRef | undefined;
  #listener: (news: AccountNews) => void = () => undefined;

  position(symbol: string, quantity: string): Position {
    return {
      account: 'DU1',
      instrumentId: `${symbol}.STK.SMART.USD`,
      symbol,
      quantity,
      averageCost: quantity === '0' ? null : '10',
      at: this.clock.now(),
    };
  }

  start(): this {
    const machine = createPortfolioMachine({
      account: {
        positions: () => {
          this.asks += 1;
          return this.brokerFails === null ? Promise.resolve(this.held) : Promise.reject(this.brokerFails);
        },
        stream: (_, listener) => {
          this.streams += 1;
          this.#listener = listener;
          return () => {
            this.streams -= 1;
          };
        },
      },
      store: {
        replacePositions: async (account, positions) => {
          if (this.storeFails) throw new Error('the database is down');
          for (const [key, one] of this.stored) if (one.account === account) this.stored.delete(key);
          for (const one of positions) this.stored.set(one.instrumentId, one);
        },
        savePosition: async (one) => {
          if (this.storeFails) throw new Error('the database is down');
          this.stored.set(one.instrumentId, one);
        },
        saveAccountValues: async (values) => {
          this.valueWrites.push(values);
        },
      },
      now: () => this.clock.now(),
    });
    this.actor = createActor(machine, { clock: this.clock, input: undefined }).start();
    this.client.portfolioStarted();
    return this;
  }

  ready(positions: readonly Position[] = this.held): void {
    const truth = { open: [], completed: [], executions: [], commissions: [], at: this.clock.now() };
    this.actor?.send({
      type: 'connection.ready',
      facts: { nextValidId: 1, accounts: ['DU1'], truth, positions },
    });
  }

  push(news: AccountNews): void {
    this.#listener(news);
  }

  value(key: string, value: string | null, currency: string | null = 'USD'): void {
    this.push({
      type: 'account.value',
      value: { account: 'DU1', key, value, currency, at: this.clock.now() },
    });
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 6; i += 1) await settle();
  }

  async pass(ms: number): Promise<void> {
    await this.settle();
    await this.clock.advanceSettled(ms);
    await this.settle();
  }
}

const id = 'A.STK.SMART.USD';

describe('portfolio', () => {
  it('knows nothing before the broker has told anything', () => {
    const world = new World().start();
    expect(world.client.position(id)).toBeNull();
    expect(world.client.netLiquidation()).toBeNull();
    expect(world.client.snapshot()).toMatchObject({ synced: false, asOf: null });
  });

  it('asks by itself when the connection is ready, and only then counts as synced', async () => {
    const world = new World().start();
    world.held = [world.position('A', '5')];
    world.ready([]);
    expect(world.client.snapshot().synced).toBe(false);
    await world.settle();
    expect(world.client.snapshot().synced).toBe(true);
    expect(world.client.position(id)?.quantity).toBe('5');
    expect(world.stored.get(id)?.quantity).toBe('5');
  });

  it('really asks the broker on refresh, and answers when the answer is stored', async () => {
    const world = new World().start();
    world.ready();
    await world.settle();
    const before = world.asks;
    world.held = [world.position('A', '7')];
    const positions = await world.client.refresh();
    expect(world.asks).toBe(before + 1);
    expect(positions).toEqual(world.held);
    expect(world.stored.get(id)?.quantity).toBe('7');
  });

  it('asks once more for a refresh that came while a question was under way', async () => {
    const world = new World().start();
    world.ready();
    await world.settle();
    const before = world.asks;
    await Promise.all([world.client.refresh(), world.client.refresh()]);
    expect(world.asks).toBe(before + 2);
  });

  it('turns a position that vanished from a full answer into 0', async () => {
    const world = new World().start();
    world.held = [world.position('A', '5'), world.position('B', '1')];
    world.ready();
    await world.settle();
    world.held = [world.position('B', '1')];
    await world.pass(1);
    await world.client.refresh();
    expect(world.client.position(id)).toMatchObject({ quantity: '0', averageCost: null });
    expect(world.client.position('B.STK.SMART.USD')?.quantity).toBe('1');
  });

  it('tells and stores a pushed position at once', async () => {
    const world = new World().start();
    world.ready();
    await world.settle();
    world.client.onChange((view) => world.views.push(view));
    world.push({ type: 'account.position', position: world.position('A', '-3') });
    expect(world.views.at(-1)?.positions).toMatchObject([{ quantity: '-3' }]);
    await world.settle();
    expect(world.stored.get(id)?.quantity).toBe('-3');
  });

  it('tells and stores account values in batches, null as null', async () => {
    const world = new World().start();
    world.ready();
    await world.pass(1_000);
    world.client.onChange((view) => world.views.push(view));
    world.value('NetLiquidation', '1000.5');
    for (let i = 0; i < 50; i += 1) world.value('AvailableFunds', String(i));
    world.value('BuyingPower', null);
    await world.pass(1_000);
    expect(world.views).toHaveLength(1);
    expect(world.valueWrites.length).toBeLessThanOrEqual(2);
    expect(world.valueWrites.flat().at(-1)).toMatchObject({ key: 'BuyingPower', value: null });
    expect(world.client.netLiquidation()?.toFixed()).toBe('1000.5');
    expect(world.client.figure('AvailableFunds', 'USD')).toBe('49');
    expect(world.client.figure('AvailableFunds', 'EUR')).toBeNull();
    expect(world.client.figure('BuyingPower', 'USD')).toBeNull();
  });

  it('is no longer synced after the connection is lost, and keeps the figures with their age', async () => {
    const world = new World().start();
    world.held = [world.position('A', '5')];
    world.ready();
    await world.settle();
    const { asOf } = world.client.snapshot();
    world.actor?.send({ type: 'connection.lost', cause: 'the line is dead' });
    expect(world.client.snapshot()).toMatchObject({ synced: false, asOf });
    expect(world.client.position(id)?.quantity).toBe('5');
    expect(world.streams).toBe(0);
    await expect(world.client.refresh()).rejects.toThrow(BrokerError);
  });

  it('fails a refresh in the words of the broker, and recovers', async () => {
    const world = new World().start();
    world.ready();
    await world.settle();
    world.brokerFails = new BrokerError('timeout', 'no positions in time');
    await expect(world.client.refresh()).rejects.toMatchObject({
      code: 'timeout',
      message: 'no positions in time',
    });
    world.brokerFails = null;
    await expect(world.client.refresh()).resolves.toEqual([]);
  });

  it('fails a refresh that cannot be stored, and stores it later', async () => {
    const world = new World().start();
    world.ready();
    await world.pass(1_000);
    world.storeFails = true;
    world.held = [world.position('A', '5')];
    await expect(world.client.refresh()).rejects.toMatchObject({ name: 'StoreError' });
    world.storeFails = false;
    await world.pass(2_000);
    expect(world.stored.get(id)?.quantity).toBe('5');
  });

  it('settles a refresh when the portfolio dies, and goes on with its successor', async () => {
    const world = new World().start();
    world.ready();
    await world.settle();
    world.client.onChange((view) => world.views.push(view));
    const answer = world.client.refresh();
    world.actor?.stop();
    await expect(answer).rejects.toThrow(BrokerError);
    world.start();
    world.held = [world.position('A', '9')];
    world.ready();
    await world.settle();
    expect(world.views.at(-1)?.positions).toMatchObject([{ quantity: '9' }]);
    expect(world.client.snapshot().synced).toBe(true);
  });
});
