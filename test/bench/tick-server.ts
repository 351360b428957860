/**
 * A TWS that greets, and pushes ticks of whatever is asked for as fast as the socket takes them. Prints `{"port":N}`;
 * for each line on its standard input, how many ticks have left so far.
 */
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { frame } from '../../src/gateway/wire/framing.ts';
import { messages } from './messages.ts';

const CHUNK_TICKS = 1_000;
const START_API = '71';
const MARKET_DATA = '1';
const GREETING_BYTES = 17;
let pusher: { socket: Socket; before: number; bytesPerTick: number } | null = null;

function push(socket: Socket, reqId: string): void {
  const ticks = Array.from({ length: CHUNK_TICKS }, (_, n) =>
    frame(['1', '6', reqId, '4', (100 + (n % 50) / 100).toFixed(2), '300', '0']),
  );
  const chunk = Buffer.concat(ticks);
  pusher = { socket, before: socket.bytesWritten, bytesPerTick: chunk.length / CHUNK_TICKS };
  socket.write(frame(['58', '1', reqId, '1']));
  const more = (): void => {
    while (socket.writable && socket.write(chunk));
  };
  socket.on('drain', more);
  more();
}

const server = createServer((socket) => {
  socket.setNoDelay(true).on('error', () => undefined);
  socket.once('data', () => socket.write(frame(['193', '20240108 09:30:00 US/Eastern'])));
  const hear = messages(GREETING_BYTES, ([kind, , reqId = '']) => {
    if (kind === START_API) socket.write(Buffer.concat([frame(['15', '1', 'DU1']), frame(['9', '1', '1'])]));
    if (kind === MARKET_DATA) push(socket, reqId);
  });
  socket.on('data', hear);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  process.stdout.write(`${JSON.stringify({ port: address.port })}\n`);
});
createInterface(process.stdin).on('line', () => {
  const { socket, before, bytesPerTick } = pusher ?? { socket: null, before: 0, bytesPerTick: 1 };
  const left = socket === null ? 0 : socket.bytesWritten - socket.writableLength - before;
  process.stdout.write(`${JSON.stringify(Math.floor(left / bytesPerTick))}\n`);
});
