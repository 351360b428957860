import { expect } from 'vitest';
import { conformance } from './harness.ts';

conformance(
  'connection',
  {
    'agrees on the version that the gateway is told to speak': async ({ client, version }) => {
      expect(client.all('server')[0]?.[0]).toBe(version);
    },

    'names the account and the next valid id before anything else': async ({ client }) => {
      await client.settled();
      const first = client
        .names()
        .filter((name) => ['managedAccounts', 'nextValidId', 'info'].includes(name));
      expect(first.slice(0, 2)).toEqual(['managedAccounts', 'nextValidId']);
      expect(client.all('managedAccounts')).toEqual([['DU1000001']]);
    },

    'tells IBApiNext the time': async ({ next, gateway }) => {
      const api = await next();
      expect(await api.getCurrentTime()).toBe(Math.floor(gateway.now() / 1000));
    },

    'announces the farms as information and never as an error': async ({ client }) => {
      await client.settled();
      expect(client.all('info').map(([text, code]) => [code, text])).toEqual([
        [2104, 'Market data farm connection is OK:usfarm'],
        [2106, 'HMDS data farm connection is OK:ushmds'],
        [2158, 'Sec-def data farm connection is OK:secdefnj'],
      ]);
      expect(client.all('error')).toEqual([]);
    },

    'names the time of the connection with a zone that exists': async ({ client }) => {
      const time = String(client.all('server')[0]?.[1]);
      expect(time).toMatch(/^20240108 \d\d:\d\d:\d\d \S+$/);
      expect(() => new Intl.DateTimeFormat('en', { timeZone: time.slice(18) })).not.toThrow();
    },

    'answers requests that come in one packet in their order': async ({ client }) => {
      client.ib.reqIds();
      client.ib.reqManagedAccts();
      client.ib.reqPositions();
      await client.settled();
      const order = client.names().slice(client.names().lastIndexOf('info') + 1);
      expect(order).toEqual(['nextValidId', 'managedAccounts', 'positionEnd', 'currentTime']);
    },

    'lets a client leave and come back under the same id': async ({ client, another }) => {
      client.ib.disconnect();
      await client.next('disconnected');
      const again = await another(8);
      again.ib.reqCurrentTime();
      await again.next('currentTime');
    },

    'goes on without a client that left in the middle of a request': async ({ client, another }) => {
      const other = await another(2);
      client.ib.reqAccountUpdates(true, '');
      client.ib.disconnect();
      await other.settled();
      expect(other.all('error')).toEqual([]);
    },
  },
  { versions: [157, 163, 176, 178, 187, 193] },
);
