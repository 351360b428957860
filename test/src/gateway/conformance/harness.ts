import { ConnectionState, IBApiNext } from '@stoqey/ib';
import type { Observable } from 'rxjs';
import { describe, onTestFinished, test } from 'vitest';
import type { GatewayConfigInput } from '../../../../src/gateway/config.ts';
import type { RunningGateway } from '../../../../src/gateway/start.ts';
import { connected, type TestClient, testConfig, testGateway } from '../support.ts';

/**
 * Server versions that every case is run at: of ib_async's range (157 to 178), of the official API 10.19 (176 at
 * most), and the newest text version. A case may name others.
 */
export const VERSIONS: readonly number[] = [163, 176, 193];

/** What a case works with: a gateway of its own and ways to become its client. */
export interface World {
  readonly version: number;
  readonly gateway: RunningGateway;
  /** Client id 1, connected. A message that it cannot decode fails the case. */
  readonly client: TestClient;
  /** A further IBApi client. */
  another(clientId: number): Promise<TestClient>;
  /** A connected IBApiNext client. */
  next(clientId?: number): Promise<IBApiNext>;
}

export interface ConformanceOptions {
  readonly versions?: readonly number[];
  readonly config?: Partial<GatewayConfigInput>;
  /** Shares of ACME that can be borrowed. */
  readonly shortable?: number;
}

/** Registers the cases of one message family: each is one test per server version. */
export function conformance(
  family: string,
  cases: Readonly<Record<string, (world: World) => Promise<void>>>,
  options: ConformanceOptions = {},
): void {
  for (const version of options.versions ?? VERSIONS)
    describe(`${family} at server version ${version}`, () => {
      for (const [title, run] of Object.entries(cases))
        test(title, async () => {
          const config = testConfig({ ...options.config, serverVersion: version });
          if (options.shortable !== undefined)
            for (const each of config.instruments) each.shortableShares = options.shortable;
          const gateway = await testGateway({ config });
          const client = await connected(gateway.port);
          await run({
            version,
            gateway,
            client,
            another: (clientId) => connected(gateway.port, clientId),
            next: (clientId = 7) => connectedNext(gateway.port, clientId),
          });
        });
    });
}

async function connectedNext(port: number, clientId: number): Promise<IBApiNext> {
  const api = new IBApiNext({ port, maxReqPerSec: 10_000, reconnectInterval: 0 });
  onTestFinished(() => {
    api.disconnect();
  });
  const ready = when(api.connectionState, (state) => state === ConnectionState.Connected);
  api.connect(clientId);
  await ready;
  return api;
}

/** The first value of a subscription that passes; rejects with the subscription's error. */
export function when<T>(source: Observable<T>, passes: (value: T) => boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    const subscription = source.subscribe({
      next: (value) => {
        if (!passes(value)) return;
        resolve(value);
        queueMicrotask(() => subscription.unsubscribe());
      },
      error: reject,
    });
  });
}
