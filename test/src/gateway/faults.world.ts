import { type FaultLine, faultLineSchema, toFaultLine } from '../../../src/gateway/faults/catalogue.ts';
import type { RunningGateway } from '../../../src/gateway/start.ts';
import { connected, SESSION_MS, silentLog, type TestClient, testGateway } from './support.ts';

/** A gateway in the middle of a session, a client of it, and a way to strike. */
export interface World {
  readonly gateway: RunningGateway;
  readonly client: TestClient;
  /** Strikes or schedules a fault written as a line of the language. */
  add(line: Record<string, unknown>): number;
  log(): string[];
}

/** A line of the fault language. */
export const line = (input: Record<string, unknown>): FaultLine => toFaultLine(faultLineSchema.parse(input));

export async function world(): Promise<World> {
  const log = silentLog();
  const gateway = await testGateway({ log });
  const client = await connected(gateway.port);
  gateway.pass(SESSION_MS / 2);
  await client.settled();
  return {
    ...{ gateway, client, log: () => log.lines },
    add: (input) => gateway.broker.faults.add(line(input)),
  };
}
