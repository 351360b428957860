import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { frame } from '../../../src/gateway/wire/framing.ts';
import { isError, RawClient } from './raw-client.ts';
import { testConfig, testGateway } from './support.ts';

const SYNTHETIC = {
  marketStart: '2024-01-08',
  speed: 600,
  instruments: [
    {
      symbol: 'ONE',
      primaryExchange: 'NYSE',
      calendar: 'NYSE',
      source: { synthetic: { kind: 'jumpy', timeframe: '5m', days: 3, historyDays: 5 } },
    },
    {
      symbol: 'TWO',
      primaryExchange: 'NASDAQ',
      calendar: 'NASDAQ',
      source: { synthetic: { kind: 'halted', timeframe: '5m', days: 3, historyDays: 5 } },
    },
  ],
} as const;

/** Everything that one client hears in a day of data, bars, depth and orders; permIds and execution ids replaced. */
async function day(seed: number): Promise<string> {
  const config = testConfig({ ...SYNTHETIC, instruments: [...SYNTHETIC.instruments] });
  const gateway = await testGateway({ config, seed });
  const client = new RawClient(gateway.port);
  client.hello('v100..193');
  client.send(71, 2, 1, '');
  await client.next((fields) => fields[0] === '9');
  const contract = (symbol: string) => [0, symbol, 'STK', '', 0, '', '', 'SMART', '', 'USD', '', ''];
  client.send(1, 11, 1, ...contract('ONE'), 0, '233,236', 0, 0, '');
  client.send(1, 11, 2, ...contract('TWO'), 0, '', 0, 0, '');
  client.send(10, 5, 3, ...contract('ONE'), 5, 0, '');
  client.send(50, 3, 4, ...contract('TWO'), 5, 'TRADES', 1, '');
  client.send(97, 5, ...contract('ONE'), 'AllLast', 0, 0);
  client.send(20, 6, ...contract('TWO'), 0, '', '5 mins', '1 D', 1, 'TRADES', 1, 1, '');
  await settled(client);
  for (let step = 0; step < 60; step += 1) {
    gateway.pass(1000);
    await settled(client);
  }
  return createHash('sha256')
    .update(client.messages.map((fields) => fields.join('|')).join('\n'))
    .digest('hex');
}

let asked = 0;
/** Waits until everything that was asked before is answered: an error for an id that nobody has comes last. */
async function settled(client: RawClient): Promise<void> {
  asked += 1;
  const id = 1_000_000 + asked;
  client.send(2, 2, id);
  await client.next((fields) => isError(300)(fields) && fields[2] === String(id));
  client.messages.splice(
    client.messages.findIndex((fields) => fields[2] === String(id)),
    1,
  );
}

test('the same seed gives the same day, message for message; another seed another', async () => {
  const [one, again, other] = [await day(5), await day(5), await day(6)];
  expect(again).toBe(one);
  expect(other).not.toBe(one);
});

test('a client that does not read makes market time wait instead of losing it', async () => {
  const config = testConfig({ ...SYNTHETIC, speed: 200_000, instruments: [...SYNTHETIC.instruments] });
  const gateway = await testGateway({ config, autoplay: true });
  const socket = connect(gateway.port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  const hello = Buffer.from('v100..193');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(hello.length);
  socket.write(Buffer.concat([Buffer.from('API\0'), length, hello, frame(['71', '2', '1', ''])]));
  socket.pause();
  const request = [
    '20',
    '6',
    '0',
    'ONE',
    'STK',
    '',
    '0',
    '',
    '',
    'SMART',
    '',
    'USD',
    '',
    '',
    '0',
    '',
    '5 secs',
    '3 D',
    '1',
    'TRADES',
    '1',
    '0',
    '',
  ];
  for (let id = 0; id < 400; id += 1) socket.write(frame(request.with(1, String(id))));
  // What is behind makes the market wait: asked as the clock itself asks.
  await expect
    .poll(() => gateway.broker.isWaitingForClients(performance.now()), { timeout: 8000 })
    .toBe(true);
  socket.resume();
  const stood = gateway.now();
  await expect.poll(() => gateway.now() > stood, { timeout: 8000 }).toBe(true);
});
