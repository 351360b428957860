import { LogLevel, OrderAction, OrderType, TimeInForce } from '@stoqey/ib';
import { expect } from 'vitest';
import { ACME, SESSION_MS } from '../support.ts';
import { conformance } from './harness.ts';

conformance(
  'system',
  {
    'tells the time of the market in whole seconds': async ({ client, gateway }) => {
      gateway.pass(SESSION_MS / 2);
      client.ib.reqCurrentTime();
      const [before] = (await client.next('currentTime')).args;
      expect(before).toBe(Math.floor(gateway.now() / 1000));
      gateway.pass(SESSION_MS / 10);
      client.forget();
      client.ib.reqCurrentTime();
      const [after] = (await client.next('currentTime')).args;
      expect(after - before).toBe(2340);
    },

    'names its accounts again when asked': async ({ client }) => {
      client.forget();
      client.ib.reqManagedAccts();
      expect((await client.next('managedAccounts')).args).toEqual(['DU1000001']);
    },

    'counts order ids up with those that were used': async ({ client, gateway }) => {
      gateway.pass(SESSION_MS / 2);
      client.forget();
      client.ib.placeOrder(41, ACME, {
        action: OrderAction.BUY,
        orderType: OrderType.LMT,
        lmtPrice: 50,
        tif: TimeInForce.GTC,
        totalQuantity: 1,
        transmit: true,
      });
      await client.next('openOrder');
      client.ib.reqIds();
      expect((await client.next('nextValidId')).args).toEqual([42]);
    },

    'takes a number of ids that is asked for without using them up': async ({ client }) => {
      client.forget();
      client.ib.reqIds(5);
      expect((await client.next('nextValidId')).args).toEqual([1]);
    },

    'lists its account among the family codes, with no code': async ({ client }) => {
      client.ib.reqFamilyCodes();
      const [codes] = (await client.next('familyCodes')).args;
      expect(codes).toEqual([{ accountID: 'DU1000001', familyCode: '' }]);
    },

    'has no soft dollar tiers': async ({ client }) => {
      client.ib.reqSoftDollarTiers(9);
      expect((await client.next('softDollarTiers')).args).toEqual([9, []]);
    },

    'has no display groups to list': async ({ client }) => {
      client.ib.queryDisplayGroups(9);
      expect((await client.next('displayGroupList')).args).toEqual([9, '']);
    },

    'refuses to follow or to change a display group, under the own id': async ({ client }) => {
      client.ib.subscribeToGroupEvents(10, 1);
      client.ib.updateDisplayGroup(11, '8314@SMART');
      client.ib.unsubscribeFromGroupEvents(12);
      await client.settled();
      expect(
        client.all('error').map(([error, code, id]) => [id, code, /display group/.test(error.message)]),
      ).toEqual([
        [10, 321, true],
        [11, 321, true],
      ]);
    },

    'takes any log level without a word': async ({ client }) => {
      client.forget();
      for (const level of [LogLevel.SYSTEM, LogLevel.DETAIL]) client.ib.setServerLogLevel(level);
      await client.settled();
      expect(client.names()).toEqual(['currentTime']);
    },

    'tells IBApiNext its accounts': async ({ next }) => {
      const api = await next();
      expect(await api.getManagedAccounts()).toEqual(['DU1000001']);
    },

    'gives IBApiNext an order id that nobody has': async ({ next }) => {
      const api = await next();
      expect(await api.getNextValidOrderId()).toBeGreaterThanOrEqual(1);
    },
  },
  { versions: [157, 163, 176, 178, 187, 193] },
);

conformance(
  'user info',
  {
    'has no white branding id': async ({ client }) => {
      client.ib.reqUserInfo(9);
      expect((await client.next('userInfo')).args).toEqual([9, '']);
    },
  },
  { versions: [176, 187, 193] },
);
