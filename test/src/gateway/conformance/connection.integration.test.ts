import { expect } from 'vitest';
import { conformance } from './harness.ts';

conformance('connection', {
  'agrees on the version that the gateway is told to speak': async ({ client, version }) => {
    expect(client.all('server')[0]?.[0]).toBe(version);
  },

  'names the account and the next valid id before anything else': async ({ client }) => {
    await client.settled();
    const first = client.names().filter((name) => ['managedAccounts', 'nextValidId', 'info'].includes(name));
    expect(first.slice(0, 2)).toEqual(['managedAccounts', 'nextValidId']);
    expect(client.all('managedAccounts')).toEqual([['DU1000001']]);
  },

  'tells IBApiNext the time': async ({ next, gateway }) => {
    const api = await next();
    expect(await api.getCurrentTime()).toBe(Math.floor(gateway.now() / 1000));
  },
});
