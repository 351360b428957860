import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listDataSchema, serverMessageSchema } from '../../src/contract/feed.schema.ts';
import { controlFile, controlRecordSchema } from '../../src/process/control-record.ts';
import type { TestSystem } from './system.ts';

export interface FeedListener {
  /** Every item heard after the first snapshot, oldest first. */
  items(): readonly unknown[];
  close(): void;
}

/** Subscribes to one topic of the feed as a command of this machine may; answers after the first snapshot. */
export async function listenToFeed(system: TestSystem, topic: string): Promise<FeedListener> {
  const record = controlRecordSchema.parse(
    JSON.parse(readFileSync(join(system.dataDir, controlFile), 'utf8')),
  );
  // Node's WebSocket takes headers, unlike the browser's whose type it has.
  const options = { headers: { authorization: `Bearer ${record.token}` } } as unknown as string[];
  const socket = new WebSocket(`${record.url.replace('http', 'ws')}/api/v1/feed`, options);
  const heard: unknown[] = [];
  await new Promise<void>((done, fail) => {
    socket.onerror = () => fail(new Error('the feed refused'));
    socket.onopen = () => socket.send(JSON.stringify({ type: 'subscribe', topics: [topic] }));
    socket.onmessage = ({ data }) => {
      const message = serverMessageSchema.parse(JSON.parse(String(data)));
      if (message.type === 'snapshot') done();
      if (message.type === 'change') heard.push(...listDataSchema.parse(message.data).items);
    };
  });
  return { items: () => heard, close: () => socket.close() };
}
