import { FADataType, OptionExerciseAction, OptionType, OrderAction, OrderType, SecType } from '@stoqey/ib';
import { expect } from 'vitest';
import { isError, RawClient } from '../raw-client.ts';
import { conformance, type World } from './harness.ts';

const option = {
  symbol: 'ACME',
  secType: SecType.OPT,
  exchange: 'SMART',
  currency: 'USD',
  lastTradeDateOrContractMonth: '20240315',
  strike: 100,
  right: OptionType.Call,
  multiplier: 100,
};

/** The one error of a request: its code, and its text. */
async function refusal(world: World, id: number): Promise<[number, string]> {
  const [error, code] = (await world.client.next('error', (_, __, of) => of === id)).args;
  await world.client.settled();
  expect(world.client.errors(id)).toHaveLength(1);
  return [code, error.message];
}

/** What came without an id, behind the farms. */
async function notices(world: World): Promise<[number, string][]> {
  await world.client.settled();
  return world.client
    .all('info')
    .map(([text, code]): [number, string] => [code, text])
    .filter(([code]) => code < 2000);
}

conformance(
  'unsupported',
  {
    'the data of an advisor: there are none for this account': async (world) => {
      world.client.ib.requestFA(FADataType.GROUPS);
      const [[code, text] = [0, '']] = await notices(world);
      expect(code).toBe(321);
      expect(text).toMatch(/FA data operations ignored for non FA customers\.$/);
    },

    'replacing the data of an advisor is refused under its id': async (world) => {
      world.client.ib.replaceFA(9, FADataType.GROUPS, '<ListOfGroups/>');
      const [code, text] = await refusal(world, 9);
      expect(code).toBe(321);
      expect(text).toMatch(/non FA customers/);
    },

    'exercising an option: no such contract': async (world) => {
      world.client.ib.exerciseOptions(9, option, OptionExerciseAction.EXERCISE, 1, 'DU1000001', 0);
      expect((await refusal(world, 9))[0]).toBe(200);
    },

    'calculating a volatility or a price: no such contract': async (world) => {
      world.client.ib.calculateImpliedVolatility(9, option, 5, 100);
      world.client.ib.calculateOptionPrice(10, option, 0.2, 100);
      expect((await refusal(world, 9))[0]).toBe(200);
      expect((await refusal(world, 10))[0]).toBe(200);
    },

    'ending a calculation that is not running: no such id': async (world) => {
      world.client.ib.cancelCalculateImpliedVolatility(9);
      world.client.ib.cancelCalculateOptionPrice(10);
      expect((await refusal(world, 9))[0]).toBe(300);
      expect((await refusal(world, 10))[0]).toBe(300);
    },

    'an option contract is not known': async (world) => {
      world.client.ib.reqContractDetails(9, option);
      expect(await refusal(world, 9)).toEqual([200, 'No security definition has been found for the request']);
    },

    'an order for an option is refused under its id': async (world) => {
      const order = { action: OrderAction.BUY, orderType: OrderType.MKT, totalQuantity: 1, transmit: true };
      world.client.ib.placeOrder(9, option, order);
      expect((await refusal(world, 9))[0]).toBe(200);
    },

    'verification of programs is not enabled': async ({ version, gateway }) => {
      const raw = new RawClient(gateway.port);
      raw.hello(`v100..${version}`);
      raw.send(71, 2, 30, '');
      for (const fields of [
        [65, 1, 'name', '1'],
        [66, 1, 'data'],
        [72, 1, 'name', '1', 'key'],
        [73, 1, 'data', 'response'],
      ])
        raw.send(...fields);
      raw.send(49, 1);
      await raw.next((fields) => fields[0] === '49');
      const errors = raw.messages.filter(isError(321));
      expect(errors.map((fields) => fields[2])).toEqual(['-1', '-1', '-1', '-1']);
    },

    'a message id that nobody knows is refused by name, and the session goes on': async ({
      version,
      gateway,
    }) => {
      const raw = new RawClient(gateway.port);
      raw.hello(`v100..${version}`);
      raw.send(71, 2, 30, '');
      raw.send(1234, 77);
      raw.send('x'.repeat(500), 1, 78);
      raw.send(105);
      raw.send(49, 1);
      await raw.next((fields) => fields[0] === '49');
      expect(raw.messages.filter(isError(321)).map((fields) => [fields[2], fields[4]])).toEqual([
        ['77', expect.stringMatching(/Message id 1234 is not supported/)],
        ['-1', expect.stringMatching(/needs server version 197 or newer/)],
      ]);
      expect(raw.messages.find(isError(320))?.[4]?.length).toBeLessThan(250);
    },
  },
  { versions: [157, 163, 176, 178, 187, 193] },
);

conformance(
  'unsupported calendar events',
  {
    'Wall Street Horizon is not subscribed to': async (world) => {
      world.client.ib.reqWshMetaData(9);
      world.client.ib.reqWshEventData(10, { conId: 42 } as never);
      expect(await refusal(world, 9)).toEqual([10276, 'News feed is not allowed.']);
      expect(await refusal(world, 10)).toEqual([10276, 'News feed is not allowed.']);
    },
  },
  { versions: [176, 178, 193] },
);
