import { describe, expect, test } from 'vitest';
import type { RunningGateway } from '../../../src/gateway/start.ts';
import { foreignLayout, readForeign } from './foreign-layouts.ts';
import { RawClient } from './raw-client.ts';
import { SESSION_MS, testGateway } from './support.ts';

type Message = (string | number)[];

interface Foreign {
  readonly name: string;
  readonly hello: string;
  readonly version: number;
  /** How the client renders a number that may have a fraction. */
  float(value: number): string;
  readonly startApi: Message;
}

/** Python renders floats with a fraction, Java as well; the official Python API sends what the caller gave. */
const python = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));

const clients: Foreign[] = [
  ib_async('v157..157', 157),
  ib_async('v157..163', 163),
  ib_async('v157..176', 176),
  ib_async('v157..178', 178),
  ib_async('v157..178 +PACEAPI', 178),
  ibapi('10.19', 176),
  ibapi('10.30', 187),
  ibapi('10.32', 193),
];

function ib_async(hello: string, version: number): Foreign {
  return { name: `ib_async (${hello})`, hello, version, float: python, startApi: [71, 2, 0, ''] };
}

function ibapi(release: string, version: number): Foreign {
  const startApi = [71, 2, 0, ''];
  return { name: `ibapi ${release}`, hello: `v100..${version}`, version, float: String, startApi };
}

const acme = (c: Foreign): Message => [0, 'ACME', 'STK', '', c.float(0), '', '', 'SMART', '', 'USD', '', ''];

/** PLACE_ORDER of a plain order, as both write it: unset numbers are empty, flags are 0 and 1. */
function placeOrder(
  c: Foreign,
  id: number,
  order: {
    type: string;
    quantity: number;
    limit?: string;
    aux?: string;
    trailStop?: string;
    whatIf?: boolean;
  },
): Message {
  const { version: v } = c;
  return [
    ...[
      3,
      id,
      ...acme(c),
      '',
      '',
      'BUY',
      c.float(order.quantity),
      order.type,
      order.limit ?? '',
      order.aux ?? '',
    ],
    ...['DAY', '', '', 'O', 0, 'ref', 1, 0, 0, 0, 0, 0, 0, 0],
    ...['', c.float(0), '', '', '', '', ''],
    ...(v < 177 ? [''] : []),
    ...['', 0, '', -1, 0, '', '', 0, '', '', 0, 0, '', 0, '', '', '', '', '', 0, '', '', '', ''],
    ...[0, '', order.trailStop ?? '', '', '', '', '', '', '', '', ''],
    ...[0, '', '', 0, 0, '', '', order.whatIf === true ? 1 : 0, '', 0, 0, 0, 0],
    ...['', '', '', '', '', '', 0, '', '', '', '', '', '', '', '', 0, 0, 0, 0],
    ...(v >= 158 ? [''] : []),
    ...(v >= 160 ? [''] : []),
    ...(v >= 162 ? [0] : []),
    ...(v >= 166 ? [''] : []),
    ...(v >= 169 ? [''] : []),
    ...(v >= 183 ? [''] : []),
    ...(v >= 184 ? [0] : []),
    ...(v >= 187 && v < 190 ? ['', ''] : []),
    ...(v >= 189 ? [0] : []),
    ...(v >= 192 ? [''] : []),
  ];
}

function cancelOrder(c: Foreign, id: number): Message {
  const { version: v } = c;
  return [
    4,
    ...(v < 192 ? [1] : []),
    id,
    ...(v >= 169 ? [''] : []),
    ...(v >= 187 && v < 190 ? ['', '', ''] : []),
    ...(v >= 192 ? ['', ''] : []),
  ];
}

async function started(c: Foreign): Promise<{ gateway: RunningGateway; client: RawClient }> {
  const gateway = await testGateway();
  gateway.pass(SESSION_MS / 2);
  const client = new RawClient(gateway.port);
  client.hello(c.hello);
  client.send(...c.startApi);
  await client.next((fields) => fields[0] === '9');
  return { gateway, client };
}

/** Every message heard behind the handshake, as this client decodes it. */
function decodeAll(c: Foreign, client: RawClient): { id: number; values: Record<string, string | number> }[] {
  const [greeting, ...messages] = client.messages;
  expect(greeting).toHaveLength(2);
  expect(greeting?.[0]).toBe(String(c.version));
  return messages.map((fields) => {
    const id = Number(fields[0]);
    const layout = foreignLayout(id, c.version);
    if (layout === undefined) throw new Error(`message ${id} is not in the table of layouts`);
    try {
      return { id, values: readForeign(layout, fields.slice(1)) };
    } catch (error) {
      throw new Error(`message ${id} ${JSON.stringify(fields)}`, { cause: error });
    }
  });
}

describe.each(clients)('$name', (c) => {
  test('decodes what comes after START_API and after all that is asked on connecting', async () => {
    const { client } = await started(c);
    client.send(15, 1, 1);
    client.send(61, 1);
    client.send(5, 1);
    client.send(99, 0);
    client.send(6, 2, 1, '');
    client.send(76, 1, 3, 'DU1000001', '', 0);
    client.send(7, 3, 4, 0, '', '', '', '', '', '');
    await client.next((fields) => fields[0] === '55');
    const ids = decodeAll(c, client).map(({ id }) => id);
    for (const end of [15, 9, 62, 53, 102, 54, 74, 55]) expect(ids, `message ${end}`).toContain(end);
    expect(ids.slice(0, 2)).toEqual([15, 9]);
  });

  test('decodes contracts, quotes, bars and the figures of the account', async () => {
    const { client, gateway } = await started(c);
    client.send(9, 8, 1, ...acme(c), 0, '', '', ...(c.version >= 176 ? [''] : []));
    client.send(81, 2, 'AC');
    client.send(1, 11, 3, ...acme(c), 0, '', 0, 0, '');
    client.send(20, 4, ...acme(c), 0, '', '1 day', '2 D', 1, 'TRADES', 1, 1, '');
    client.send(50, 3, 5, ...acme(c), 5, 'TRADES', 1, '');
    client.send(87, 6, ...acme(c), 1, 1, 'TRADES', 1);
    client.send(62, 1, 7, 'All', 'NetLiquidation,BuyingPower');
    client.send(92, 8, 'DU1000001', '');
    client.send(80);
    client.send(104, 9);
    client.send(79, 10);
    client.send(49, 1);
    await client.next((fields) => fields[0] === '49');
    gateway.pass(SESSION_MS / 10);
    await client.next((fields) => fields[0] === '50');
    const heard = decodeAll(c, client);
    const one = (id: number) => heard.find((each) => each.id === id)?.values;
    expect(one(10)).toMatchObject({ reqId: 1, symbol: 'ACME', minTick: 0.01, longName: 'Acm\\u00e9 Corp' });
    expect(one(79)).toMatchObject({ reqId: 2, '0.symbol': 'ACME', '0.primaryExchange': 'NYSE' });
    expect(one(17)).toMatchObject({ reqId: 4, '0.date': '20240105', '0.close': 100.9 });
    expect(one(77)).toEqual({ reqId: 10 });
    for (const id of [1, 2, 46, 50, 52, 58, 63, 64, 78, 81, 88, 90, 94, 107])
      expect(one(id), `${id}`).toBeDefined();
  });

  test('places, hears of fills, cancels, and decodes all that is told about its orders', async () => {
    const { client } = await started(c);
    client.send(...placeOrder(c, 1, { type: 'MKT', quantity: 10 }));
    client.send(...placeOrder(c, 2, { type: 'LMT', quantity: 7, limit: '50.25' }));
    client.send(...cancelOrder(c, 2));
    client.send(99, 0);
    client.send(7, 3, 4, 0, '', '', '', '', '', '');
    client.send(61, 1);
    client.send(74, 1, 5, 'DU1000001', '');
    client.send(6, 2, 1, 'DU1000001');
    await client.next((fields) => fields[0] === '54');
    const heard = decodeAll(c, client);
    const all = (id: number) => heard.filter((each) => each.id === id).map(({ values }) => values);
    expect(all(5)[0]).toMatchObject({
      orderId: 1,
      symbol: 'ACME',
      action: 'BUY',
      totalQuantity: 10,
      orderType: 'MKT',
      tif: 'DAY',
      orderRef: 'ref',
      clientId: 0,
      clearingIntent: 'IB',
    });
    expect(all(5).find(({ orderId }) => orderId === 2)).toMatchObject({ lmtPrice: 50.25, totalQuantity: 7 });
    expect(
      all(3)
        .filter(({ orderId }) => orderId === 1)
        .at(-1),
    ).toMatchObject({ status: 'Filled', filled: 10 });
    expect(
      all(3)
        .filter(({ orderId }) => orderId === 2)
        .at(-1),
    ).toMatchObject({ status: 'Cancelled' });
    expect(all(11)[0]).toMatchObject({ reqId: -1, orderId: 1, side: 'BOT', shares: 10, orderRef: 'ref' });
    expect(all(59)[0]).toMatchObject({ commission: 1, currency: 'USD' });
    expect(
      all(101)
        .map(({ orderType }) => orderType)
        .sort(),
    ).toEqual(['LMT', 'MKT']);
    expect(all(61)[0]).toMatchObject({ symbol: 'ACME', position: 10 });
    expect(all(71)[0]).toMatchObject({ reqId: 5, position: 10 });
    expect(all(7)[0]).toMatchObject({ symbol: 'ACME', primaryExchange: 'NYSE', position: 10 });
    expect(all(4).filter(({ reqId, code }) => reqId !== -1 && code !== 202)).toEqual([]);
  });
  test('decodes orders that trail, stop, or only ask what would be', async () => {
    const { client } = await started(c);
    client.send(...placeOrder(c, 1, { type: 'TRAIL', quantity: 7, aux: '2.5', trailStop: '120.5' }));
    client.send(...placeOrder(c, 2, { type: 'STP', quantity: 7, aux: '120.25' }));
    client.send(...placeOrder(c, 3, { type: 'MKT', quantity: 7, whatIf: true }));
    client.send(16, 1);
    await client.next((fields) => fields[0] === '53');
    const heard = decodeAll(c, client);
    const of = (orderId: number) =>
      heard.find(({ id, values }) => id === 5 && values.orderId === orderId)?.values;
    expect(of(1)).toMatchObject({ orderType: 'TRAIL', auxPrice: 2.5, trailStopPrice: expect.any(Number) });
    expect(of(2)).toMatchObject({ orderType: 'STP', auxPrice: 120.25, clearingIntent: 'IB' });
    expect(of(3)).toMatchObject({ whatIf: 1, orderType: 'MKT', clearingIntent: 'IB' });
    expect(heard.filter(({ id, values }) => id === 4 && values.reqId !== -1)).toEqual([]);
  });
});
