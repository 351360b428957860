/**
 * The ceiling that `gateway.messages` is measured against: the same kind of messages, encoded beforehand, written to
 * every client as fast as its socket takes them; and every request answered with a message encoded beforehand.
 */
import { createServer } from 'node:net';
import { frame } from '../../src/gateway/wire/framing.ts';

const CHUNK_MESSAGES = 2_000;
const mode = process.argv[2];
if (mode !== 'push' && mode !== 'answer') throw new Error(`found mode "${mode}", expected push or answer`);

const tick = frame(['1', '6', '1', '4', '101.25', '300', '0']);
const chunk = Buffer.concat(Array.from({ length: CHUNK_MESSAGES }, () => tick));
const answer = frame(['49', '1', '1704718200']);

const server = createServer((socket) => {
  socket.setNoDelay(true).on('error', () => undefined);
  if (mode === 'push') {
    const push = (): void => {
      while (socket.writable && socket.write(chunk));
    };
    socket.on('drain', push).resume();
    push();
    return;
  }
  // Requests for the time are 13 bytes each; the client of this bench sends nothing else.
  const request = frame(['49', '1']).length;
  let pending = 0;
  socket.on('data', (bytes: Buffer) => {
    pending += bytes.length;
    const complete = Math.floor(pending / request);
    pending -= complete * request;
    if (complete > 0) socket.write(Buffer.concat(Array.from({ length: complete }, () => answer)));
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  process.stdout.write(`${JSON.stringify({ port: address.port })}\n`);
});
