import { z } from 'zod';
import { type Fault, fault } from '../fault.ts';
import type { FaultWorld } from '../ports.ts';

function tellAll({ clients }: FaultWorld, code: number, text: string): void {
  for (const client of clients()) client.error(-1, code, text);
}

const symbol = z.string().describe('The instrument.');

/** Faults behind the gateway: its link to IB, the farms, the market. https://interactivebrokers.github.io/tws-api/message_codes.html */
export const linkFaults: readonly Fault[] = [
  fault({
    name: 'link-lost',
    summary:
      '1100: no data, no news of orders, nothing sent on; then 1102 (all kept) or 1101 (subscriptions lost).',
    source: 'nautilus #3733, #4168; Lean IB #249',
    parameters: { restored: z.enum(['1101', '1102']).default('1102') },
    example: '{ fault: link-lost, after: 1m, for: 30s, restored: "1101" }',
    lasts: true,
    strike: (world, { restored }) => {
      const { conditions } = world;
      const release = conditions.linkDown.hold();
      tellAll(world, 1100, 'Connectivity between IBKR and Trader Workstation has been lost.');
      return () => {
        if (!release()) return;
        if (restored === '1101') {
          for (const client of world.clients()) client.loseSubscriptions();
          tellAll(
            world,
            1101,
            'Connectivity between IBKR and Trader Workstation has been restored - data lost.',
          );
        } else
          tellAll(
            world,
            1102,
            'Connectivity between IBKR and Trader Workstation has been restored - data maintained.',
          );
        world.broker.linkRestored();
      };
    },
  }),
  fault({
    name: 'farm-down',
    summary:
      'A farm is lost and found: 2103 then 2104 (no ticks between), 2105 then 2106 (no history between).',
    source: 'nautilus #3968, #4412',
    parameters: { farm: z.enum(['market-data', 'history']).default('market-data') },
    example: '{ fault: farm-down, farm: history, every: 10m, for: 20s }',
    lasts: true,
    strike: (world, { farm }) => {
      const { conditions } = world;
      const isData = farm === 'market-data';
      const release = (isData ? conditions.dataFarmDown : conditions.historyFarmDown).hold();
      if (isData) tellAll(world, 2103, 'Market data farm connection is broken:usfarm');
      else tellAll(world, 2105, 'HMDS data farm connection is broken:ushmds');
      return () => {
        if (!release()) return;
        if (isData) tellAll(world, 2104, 'Market data farm connection is OK:usfarm');
        else tellAll(world, 2106, 'HMDS data farm connection is OK:ushmds');
      };
    },
  }),
  fault({
    name: 'farm-inactive',
    summary: '2108: a market data farm rests until somebody needs it. Nothing is lost.',
    source: 'https://interactivebrokers.github.io/tws-api/message_codes.html',
    parameters: {},
    example: '{ fault: farm-inactive, after: 5s }',
    lasts: false,
    strike: (world) => {
      tellAll(
        world,
        2108,
        'Market data farm connection is inactive but should be available upon demand.usfarm',
      );
      return undefined;
    },
  }),
  fault({
    name: 'competing-session',
    summary: '10197: somebody logged in elsewhere takes the market data.',
    source: 'Lean IB #140',
    parameters: {},
    example: '{ fault: competing-session, after: 1m, for: 1m }',
    lasts: true,
    strike: ({ conditions, clients }) => {
      const release = conditions.competing.hold();
      for (const client of clients())
        for (const reqId of client.loseSubscriptions())
          client.error(reqId, 10197, 'No market data during competing live session');
      return () => {
        release();
      };
    },
  }),
  fault({
    name: 'delayed-data',
    summary: 'The account is no longer subscribed: new requests get delayed data, or 354.',
    source: 'Lean IB #140',
    parameters: {},
    example: '{ fault: delayed-data, for: 10m }',
    lasts: true,
    strike: ({ conditions }) => {
      const release = conditions.delayedOnly.hold();
      return () => {
        release();
      };
    },
  }),
  fault({
    name: 'halt',
    summary: 'Trading in an instrument is halted: tick 49, no trades, no quotes, orders wait.',
    source: 'Volatility halts (LULD) and news halts',
    parameters: { symbol, reason: z.enum(['news', 'volatility']).default('volatility') },
    example: '{ fault: halt, symbol: ORCL, after: 30s, for: 30s }',
    lasts: true,
    strike: ({ broker }, { symbol: wanted, reason }) => {
      broker.halt(wanted, reason === 'news' ? 1 : 2);
      return () => broker.halt(wanted, 0);
    },
  }),
  fault({
    name: 'wrong-tick-size',
    summary: 'Orders are held to a coarser tick than contract details say: 110.',
    source: 'Error 110 of instruments with several price bands',
    parameters: { symbol, factor: z.int().min(2).default(5) },
    example: '{ fault: wrong-tick-size, symbol: ORCL, factor: 5 }',
    lasts: true,
    strike: ({ conditions }, { symbol: wanted, factor }) => {
      conditions.tickFactors.set(wanted, factor);
      return () => {
        conditions.tickFactors.delete(wanted);
      };
    },
  }),
];
