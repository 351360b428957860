import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catchStrayFaults, type StrayFaults } from '../../../src/process/stray-faults.ts';
import { until } from '../../support/system.ts';
import { beginWorld, idOf, symbols, type World } from './trading.world.ts';

describe('a failure that nobody caught', () => {
  let world: World;
  let faults: StrayFaults;
  /** The test runner's own, which would end the run. */
  const runners = {
    uncaughtException: process.listeners('uncaughtException'),
    unhandledRejection: process.listeners('unhandledRejection'),
  };

  beforeEach(async () => {
    world = await beginWorld();
    process.removeAllListeners('uncaughtException');
    process.removeAllListeners('unhandledRejection');
    faults = catchStrayFaults((error) => world.trading.strayFault(error));
  });

  afterEach(async () => {
    faults.release();
    for (const listener of runners.uncaughtException) process.on('uncaughtException', listener);
    for (const listener of runners.unhandledRejection) process.on('unhandledRejection', listener);
    await world.end();
  });

  const sessions = () => symbols.map((symbol) => world.restarts(`session:${idOf(symbol)}`));
  const total = () => sessions().reduce((sum, restarts) => sum + restarts, 0);

  it('fells the actor that made the timer, whose supervisor restarts it, and nobody else', async () => {
    const { decisions } = world.store;
    const record = decisions.record.bind(decisions);
    decisions.record = () => {
      decisions.record = record;
      setTimeout(() => {
        throw new Error('astray in a timer');
      });
      // Nothing else ends it.
      return new Promise(() => undefined);
    };
    await until('one session was started again', () => total() === 1);
    const { supervision } = world.trading.dashboard;
    expect(supervision.call(world.trading.dashboard).strayFaults).toMatchObject({
      count: 1,
      recent: [{ message: expect.stringMatching(/session:.*recorder.*astray in a timer/) }],
    });
    await world.trades(2);
    expect(total()).toBe(1);
    await world.agrees();
  }, 90_000);

  it('does the same for a promise that nobody awaits', async () => {
    const { decisions } = world.store;
    const record = decisions.record.bind(decisions);
    decisions.record = () => {
      decisions.record = record;
      void Promise.reject(new Error('astray in a promise'));
      return new Promise(() => undefined);
    };
    await until('one session was started again', () => total() === 1);
    await world.trades(1);
  }, 90_000);

  it('of an actor that has ended harms nobody, however often it fails', async () => {
    const { dashboard } = world.trading;
    const { decisions } = world.store;
    const record = decisions.record.bind(decisions);
    decisions.record = () => {
      decisions.record = record;
      for (let n = 0; n < 20; n += 1) {
        setTimeout(() => {
          throw new Error(`astray ${n}`);
        }, n);
      }
      return new Promise(() => undefined);
    };
    await until('all have been seen', () => dashboard.supervision().strayFaults.count === 20);
    expect(dashboard.supervision().state).toBe('running');
    await until('its session was started again', () => total() === 1);
    await world.trades(1);
    expect(total(), 'and only once').toBe(1);
  }, 90_000);

  it('halts trading safely when failures outside every actor come too often', async () => {
    const { dashboard } = world.trading;
    for (let n = 0; n < 5; n += 1) setTimeout(() => Promise.reject(new Error(`outside ${n}`)), n);
    await until('five are counted', () => dashboard.supervision().strayFaults.count === 5);
    expect(dashboard.supervision().state).toBe('running');
    for (let n = 0; n < 3; n += 1) {
      setTimeout(() => {
        throw new Error('too many');
      }, n);
    }
    await until('trading has halted', () => dashboard.supervision().state === 'halted');
    expect(dashboard.system().risk).toMatchObject({ state: 'halted', author: 'supervisor' });
    await until('the halted tree stands', () => dashboard.system().orderDesk === 'open');
    const connections = world.trading.directory.views().filter(({ path }) => path === 'halted/connection');
    expect(connections, 'one tree, started once').toMatchObject([{ restarts: 0 }]);
  }, 90_000);
});
