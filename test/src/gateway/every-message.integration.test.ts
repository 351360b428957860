import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { RawClient } from './raw-client.ts';
import { SESSION_MS, testGateway } from './support.ts';

const require = createRequire(import.meta.url);
const { OUT_MSG_ID } = require('@stoqey/ib/dist/core/io/encoder.js') as {
  OUT_MSG_ID: Record<string, string | number>;
};

const ID = 777;
const acme = [0, 'ACME', 'STK', '', 0, '', '', 'SMART', '', 'USD', '', ''];

/** What a client sends for a message id, as ib_async 1.0 and ibapi lay it out at 176; others carry only their id. */
const requests: Readonly<Record<number, readonly (string | number)[]>> = {
  1: [1, 11, ID, ...acme, 0, '', 0, 0, ''],
  2: [2, 2, ID],
  4: [4, 1, ID, ''],
  5: [5, 1],
  6: [6, 2, 1, ''],
  7: [7, 3, ID, 0, '', '', '', '', '', ''],
  8: [8, 1, 1],
  9: [9, 8, ID, ...acme, 0, '', '', ''],
  10: [10, 5, ID, ...acme, 5, 0, ''],
  11: [11, 1, ID, 0],
  12: [12, 1, 1],
  13: [13, 1],
  14: [14, 1, 5],
  15: [15, 1, 1],
  16: [16, 1],
  17: [17, 1],
  18: [18, 1, 1],
  19: [19, 1, 1, '<xml/>', ID],
  20: [20, ID, ...acme, 0, '', '1 day', '2 D', 1, 'TRADES', 1, 0, ''],
  21: [21, 2, ID, 0, 'ACME', 'OPT', '20240315', 100, 'C', 100, 'SMART', 'USD', '', '', 1, 1, '', 0],
  22: [22, ID, 5, 'STK', 'STK.US.MAJOR', 'TOP_PERC_GAIN', ...Array<string>(16).fill(''), '', '', ''],
  23: [23, 1, ID],
  24: [24, 1],
  25: [25, 1, ID],
  49: [49, 1],
  50: [50, 3, ID, ...acme, 7, 'TRADES', 1, ''],
  51: [51, 1, ID],
  52: [52, 2, ID, 0, 'ACME', 'STK', 'SMART', '', 'USD', '', 'ReportSnapshot', 0, ''],
  53: [53, 1, ID],
  54: [54, 3, ID, ...acme, 1, 100, 0, ''],
  55: [55, 3, ID, ...acme, 0.2, 100, 0, ''],
  56: [56, 1, ID],
  57: [57, 1, ID],
  58: [58, 1],
  59: [59, 1, 1],
  61: [61, 1],
  62: [62, 1, ID, 'All', 'NetLiquidation'],
  63: [63, 1, ID],
  64: [64, 1],
  65: [65, 1, 'name', '1'],
  66: [66, 1, 'data'],
  67: [67, 1, ID],
  68: [68, 1, ID, 1],
  69: [69, 1, ID, 'none'],
  70: [70, 1, ID],
  71: [71, 2, 3, ''],
  72: [72, 1, 'name', '1', 'key'],
  73: [73, 1, 'data', 'response'],
  74: [74, 1, ID, '', ''],
  75: [75, 1, ID],
  76: [76, 1, ID, '', '', 0],
  77: [77, 1, ID],
  78: [78, ID, 'ACME', '', 'STK', 42],
  79: [79, ID],
  80: [80],
  81: [81, ID, 'AC'],
  82: [82],
  83: [83, ID, 'a1'],
  84: [84, ID, 'BRFG', 'BRFG$1', ''],
  85: [85],
  86: [86, ID, 42, 'BRFG', '', '', 10, ''],
  87: [87, ID, ...acme, 0, 1, 'TRADES', 1],
  88: [88, ID, ...acme, 0, 1, '3 days'],
  89: [89, ID],
  90: [90, ID],
  91: [91, 26],
  92: [92, ID, '', ''],
  93: [93, ID],
  94: [94, ID, '', '', 42],
  95: [95, ID],
  96: [96, ID, ...acme, 0, '20240108 00:00:00', '', 10, 'TRADES', 1, 0, ''],
  97: [97, ID, ...acme, 'Last', 0, 0],
  98: [98, ID],
  99: [99, 0],
  100: [100, ID],
  101: [101, ID],
  102: [102, ID, 42],
  103: [103, ID],
  104: [104, ID],
  105: [105],
};

/** Message ids of newer servers, and some that nobody has: an old server answers those too. */
const beyond = [105, 106, 107, 108, 150, 200, 999, 26, 48, 60, 0];

/**
 * For which silence is TWS's own answer: there is nothing to tell, or nothing was subscribed that could be ended.
 * Others may come to answer some of them with an error, so nothing is asserted but that the session goes on.
 */
const maySaveWords: Readonly<Record<number, string>> = {
  11: 'ends a subscription that there is not',
  12: 'bulletins come when there are any',
  13: 'ends a subscription that there is not',
  14: 'a setting of the log',
  15: 'binds what will be placed by hand later',
  23: 'ends a subscription that there is not',
  53: 'ends a subscription that there is not',
  58: 'there is no order to cancel',
  59: 'a setting for later requests',
  63: 'ends a subscription that there is not',
  64: 'ends a subscription that there is not',
  70: 'ends a subscription that there is not',
  75: 'ends a subscription that there is not',
  77: 'ends a subscription that there is not',
  89: 'ends a subscription that there is not',
  90: 'the answer was complete at once',
  93: 'ends a subscription that there is not',
  95: 'ends a subscription that there is not',
  97: 'the first tick is the answer',
  98: 'ends a subscription that there is not',
};

const ids = [
  ...new Set([...Object.values(OUT_MSG_ID).filter((id): id is number => typeof id === 'number'), ...beyond]),
];

describe('at server version 176', () => {
  test.each(ids.filter((id) => id !== 3))('message %i is answered under its own id', async (messageId) => {
    const gateway = await testGateway();
    const client = new RawClient(gateway.port);
    client.hello('v100..176');
    client.send(71, 2, 0, '');
    await client.next((fields) => fields[0] === '4' && fields[3] === '2158');
    gateway.pass(SESSION_MS / 10);
    const before = client.messages.length;
    const request = requests[messageId];
    client.send(...(request ?? [messageId, ID]));
    // A second question whose answer comes behind all answers to the first.
    client.send(8, 1, 1);
    const nextIds = messageId === 8 ? 2 : 1;
    await client.next(() => count(client, before, '9') === nextIds);
    const answers = client.messages.slice(before).filter((fields) => fields[0] !== '9');
    if (messageId === 8 || maySaveWords[messageId] !== undefined) return;
    expect(answers.length, 'answers').toBeGreaterThan(0);
    const carriesId = request === undefined ? messageId >= 78 : request.includes(ID);
    if (carriesId) expect(answers.filter((fields) => fields.includes(String(ID))).length).toBeGreaterThan(0);
    for (const error of answers.filter((fields) => fields[0] === '4')) {
      expect(error).toHaveLength(6);
      // The default of a request that could be read: errors 320 would mean a layout that is not known here.
      expect(error[3], error[4]).not.toBe('320');
    }
  });

  test('every message id that @stoqey/ib can send is in the table', () => {
    const missing = ids.filter((id) => id !== 3 && !beyond.includes(id) && requests[id] === undefined);
    expect(missing).toEqual([]);
  });
});

function count(client: RawClient, from: number, id: string): number {
  return client.messages.slice(from).filter((fields) => fields[0] === id).length;
}
