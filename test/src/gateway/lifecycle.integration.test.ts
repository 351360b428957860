import { once } from 'node:events';
import { connect } from 'node:net';
import { OrderAction, OrderType, TimeInForce } from '@stoqey/ib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { GatewayConfigInput } from '../../../src/gateway/config.ts';
import type { RunningGateway } from '../../../src/gateway/start.ts';
import { frame } from '../../../src/gateway/wire/framing.ts';
import { isError, RawClient } from './raw-client.ts';
import { ACME, connected, silentLog, testConfig, testGateway } from './support.ts';

const resting = {
  action: OrderAction.BUY,
  orderType: OrderType.LMT,
  totalQuantity: 10,
  lmtPrice: 50,
  tif: TimeInForce.GTC,
  transmit: true,
};

async function logged(
  change: Partial<GatewayConfigInput> = {},
): Promise<{ gateway: RunningGateway; log: ReturnType<typeof silentLog> }> {
  const log = silentLog();
  return { gateway: await testGateway({ config: testConfig(change), log }), log };
}

describe('a hello', () => {
  test('of a client without length prefixes is refused in the form that it reads', async () => {
    const { gateway, log } = await logged();
    const socket = connect(gateway.port, '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    socket.write('63\0');
    let heard = '';
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
    });
    await once(socket, 'close');
    const fields = heard.split('\0');
    expect(fields[0]).toBe('76');
    expect(fields.slice(2, 6)).toEqual(['4', '2', '-1', '506']);
    expect(fields[6]).toMatch(/the client speaks 63 without length prefixes/);
    expect(log.lines.join()).toMatch(/refused: API version 63/);
  });

  test('that never comes, or is not followed by START_API, ends the connection with a reason in the log', async () => {
    const { gateway, log } = await logged({ limits: { handshakeSeconds: 0.05 } });
    const silent = new RawClient(gateway.port);
    const halfway = new RawClient(gateway.port);
    halfway.hello('v100..193');
    await silent.end();
    await halfway.end();
    expect(log.lines.filter((line) => /no hello within 0.05 s/.test(line))).toHaveLength(1);
    expect(log.lines.filter((line) => /no START_API within 0.05 s/.test(line))).toHaveLength(1);
  });

  test('in time is not cut off by the deadline later', async () => {
    const { gateway } = await logged({ limits: { handshakeSeconds: 0.05 } });
    const witness = new RawClient(gateway.port);
    const client = new RawClient(gateway.port);
    client.hello('v100..193');
    client.send(71, 2, 5, '');
    await client.next((fields) => fields[0] === '9');
    await witness.end();
    client.send(49, 1);
    expect(await client.next((fields) => fields[0] === '49')).toBeDefined();
  });

  test.each([
    ['v100..193 +PACEAPI', '193'],
    ['v157', '157'],
    ['v157..178', '178'],
  ])('"%s" is answered with version %s', async (hello, version) => {
    const { gateway } = await logged();
    const client = new RawClient(gateway.port);
    client.hello(hello);
    client.send(71, 2, 5, '');
    await client.next((fields) => fields[0] === '9');
    expect(client.messages[0]?.[0]).toBe(version);
  });
});

describe('START_API', () => {
  test.each([
    ['version 1, without capabilities', [71, 1, 5]],
    ['version 2 whose capabilities are left out', [71, 2, 5]],
    ['version 2 with capabilities', [71, 2, 5, 'IEX;DAP']],
  ])('%s starts the API', async (_, fields) => {
    const { gateway } = await logged();
    const client = new RawClient(gateway.port);
    client.hello('v100..193');
    client.send(...fields);
    expect(await client.next((message) => message[0] === '9')).toEqual(['9', '1', '1']);
  });

  test.each([
    ['a client id that is none', [71, 2, 'me', ''], /field clientId: found "me"/],
    ['a negative client id', [71, 2, -1, ''], /expected 0 to 2147483647/],
    ['a client id that is too large', [71, 2, 4_000_000_000, ''], /expected 0 to 2147483647/],
    ['no client id', [71, 2], /ends before field clientId/],
    ['too many fields', [71, 2, 5, '', 'x'], /1 fields more/],
    ['another message in its place', [49, 1], /message 49 came before START_API/],
    ['an empty message in its place', [''], /came before START_API/],
  ])('%s is refused with a reason, and the connection ends', async (_, fields, reason) => {
    const { gateway, log } = await logged();
    const client = new RawClient(gateway.port);
    client.hello('v100..193');
    client.send(...fields);
    await client.end();
    expect(client.messages.find(isError(507))?.[4]).toMatch(reason);
    expect(log.lines.join('\n')).toMatch(reason);
  });

  test('sent twice is an error and changes nothing', async () => {
    const { gateway } = await logged();
    const client = new RawClient(gateway.port);
    client.hello('v100..193');
    client.send(71, 2, 5, '');
    client.send(71, 2, 6, '');
    expect((await client.next(isError(321)))?.[4]).toMatch(/already started/);
    client.send(49, 1);
    expect(await client.next((fields) => fields[0] === '49')).toBeDefined();
  });
});

describe('an end', () => {
  test('of one half still brings the answers to what was asked before', async () => {
    const { gateway } = await logged();
    const socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => {
      socket.destroy();
    });
    const hello = Buffer.from('API\0\0\0\0\x09v100..193', 'latin1');
    let heard = '';
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
    });
    socket.end(Buffer.concat([hello, frame(['71', '2', '5', '']), frame(['49', '1'])]));
    await once(socket, 'end');
    expect(heard).toContain(`49\x001\x00${Math.floor(gateway.now() / 1000)}\x00`);
  });

  test('of the gateway still brings what was on its way, and waits for no client without bound', async () => {
    const { gateway } = await logged();
    const client = new RawClient(gateway.port);
    client.hello('v100..193');
    client.send(71, 2, 5, '');
    await client.next((fields) => fields[0] === '9');
    // Reads nothing and never closes its own half.
    const deaf = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => {
      deaf.destroy();
    });
    await once(deaf, 'connect');
    for (let id = 1; id <= 500; id += 1)
      client.send(9, 8, id, 0, 'NONE', 'STK', '', 0, '', '', 'SMART', '', 'USD', '', '', 0, '', '', '');
    client.send(49, 1);
    await client.next((fields) => fields[0] === '4' && fields[3] === '200');
    await gateway.stop();
    await client.end();
    expect(client.messages.at(-1)?.[0]).toBe('49');
  });

  test('by reset frees the client id and keeps the orders', async () => {
    const { gateway, log } = await logged();
    const first = await connected(gateway.port, 4);
    first.ib.placeOrder(1, ACME, resting);
    await first.next('openOrder');
    first.ib.disconnect();
    const abrupt = connect(gateway.port, '127.0.0.1');
    abrupt.on('error', () => undefined);
    abrupt.write(Buffer.from('API\0\0\0\0\x09v100..193', 'latin1'));
    abrupt.write(frame(['71', '2', '4', '']));
    await once(abrupt, 'data');
    abrupt.resetAndDestroy();
    for (;;) {
      const again = new RawClient(gateway.port);
      again.hello('v100..193');
      again.send(71, 2, 4, '');
      if ((await again.next((fields) => fields[0] === '9' || isError(326)(fields)))?.[0] !== '9') continue;
      again.send(5, 1);
      await again.next((fields) => fields[0] === '53');
      expect(again.messages.filter((fields) => fields[0] === '5').map((fields) => fields[1])).toEqual(['1']);
      break;
    }
    expect(log.lines).toContain('client 4 disconnected');
  });

  test('comes to a client that does not finish its message in time', async () => {
    const { gateway, log } = await logged({ limits: { messageSeconds: 0.05 } });
    const client = new RawClient(gateway.port);
    client.hello('v100..193');
    client.send(71, 2, 5, '');
    await client.next((fields) => fields[0] === '9');
    client.write(Buffer.from([0, 0, 4, 0, 0x34]));
    await client.end();
    expect(client.messages.find(isError(507))?.[4]).toMatch(/not complete within 0.05 s/);
    expect(log.lines.join()).toMatch(/client 5 closed: a message was not complete/);
  });

  test('comes at once to connections above the limit', async () => {
    const { gateway, log } = await logged({ limits: { connections: 1 } });
    const client = await connected(gateway.port);
    const second = new RawClient(gateway.port);
    await second.end();
    await client.settled();
    expect(log.lines.join()).toMatch(/a connection was refused: 1 are open/);
  });
});

test('read-only mode refuses what changes orders or asks for them, and nothing else', async () => {
  const { gateway } = await logged({ readOnly: true });
  const client = await connected(gateway.port);
  client.ib.placeOrder(7, ACME, resting);
  client.ib.cancelOrder(8);
  client.ib.reqGlobalCancel();
  client.ib.reqOpenOrders();
  client.ib.reqCompletedOrders(false);
  client.ib.reqPositions();
  await client.next('positionEnd');
  // What has no id arrives as information, without the -1 that it had on the wire.
  const refused = [...client.all('error'), ...client.all('info')].filter((args) => args[1] === 321);
  expect(refused.map((args) => args[2])).toEqual([7, 8, undefined, undefined, undefined]);
  for (const [text] of refused)
    expect(String(text)).toMatch(/The API interface is currently in Read-Only mode\.$/);
  expect(client.all('openOrder')).toEqual([]);
});
