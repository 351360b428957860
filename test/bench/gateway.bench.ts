import type { Benchmark, Figure } from './figure.ts';
import { BenchServer, CountingClient, INSTRUMENTS, rateOf, startBenchGateway } from './gateway.world.ts';

const CLIENTS = [1, 8, 32];
const WARM_UP_MS = 2_000;
const MEASURED_MS = 5_000;
/** Requests of one client on their way at once. */
const WINDOW = 100;
/** Ten market minutes a wall second: more trades than any client can be told, so the gateway itself is measured. */
const SATURATING_SPEED = 600;
/** An hour of market in a minute. */
const HOUR_SPEED = 60;

async function withClients<T>(
  server: BenchServer,
  count: number,
  use: (clients: readonly CountingClient[]) => Promise<T>,
): Promise<T> {
  const clients = Array.from({ length: count }, () => new CountingClient(server.port));
  try {
    return await use(clients);
  } finally {
    for (const client of clients) client.end();
  }
}

async function measured(clients: readonly CountingClient[]): Promise<number> {
  await rateOf(clients, WARM_UP_MS);
  return rateOf(clients, MEASURED_MS);
}

/** Ticks of all instruments to every client; or what a plain server pushes to as many. */
async function pushed(count: number, plain: boolean): Promise<number> {
  const server = plain
    ? await BenchServer.start('plain-server.ts', ['push'])
    : await startBenchGateway(SATURATING_SPEED);
  try {
    return await withClients(server, count, (clients) => {
      if (!plain) for (const [index, client] of clients.entries()) subscribeAll(client, index + 1);
      return measured(clients);
    });
  } finally {
    await server.stop();
  }
}

async function answered(count: number, plain: boolean): Promise<number> {
  const server = plain ? await BenchServer.start('plain-server.ts', ['answer']) : await startBenchGateway(1);
  try {
    return await withClients(server, count, (clients) => {
      for (const [index, client] of clients.entries()) {
        if (!plain) client.greet(index + 1);
        client.ask(WINDOW);
      }
      return measured(clients);
    });
  } finally {
    await server.stop();
  }
}

function subscribeAll(client: CountingClient, clientId: number): void {
  client.greet(clientId);
  for (let index = 0; index < INSTRUMENTS; index += 1) client.subscribe(index + 1, `SYM${index}`);
}

/** The largest resident memory seen while so much wall time passes. */
async function peakMemory(
  server: BenchServer,
  clients: readonly CountingClient[],
  wallMs: number,
): Promise<number | undefined> {
  let peak: number | undefined;
  const until = performance.now() + wallMs;
  while (performance.now() < until) {
    await rateOf(clients, 250);
    const now = server.memory();
    if (now !== undefined) peak = Math.max(peak ?? 0, now);
  }
  return peak;
}

/** Peak memory in the second and in the last quarter of an hour of market, 8 clients hearing everything. */
async function memoryOverAnHour(): Promise<Figure[]> {
  const server = await startBenchGateway(HOUR_SPEED);
  try {
    return await withClients(server, 8, async (clients) => {
      for (const [index, client] of clients.entries()) subscribeAll(client, index + 1);
      const quarterMs = 900_000 / HOUR_SPEED;
      await rateOf(clients, quarterMs);
      const early = await peakMemory(server, clients, quarterMs);
      await rateOf(clients, quarterMs);
      const late = await peakMemory(server, clients, quarterMs);
      if (early === undefined || late === undefined) return [];
      return [
        {
          ...{
            name: 'gateway.messages.memory',
            value: Math.round(late),
            unit: 'MiB at most in the last quarter of an hour',
          },
          ...{ better: 'lower' as const, baseline: 'in its second quarter', ratio: late / early },
          ...{ aim: 'flat: at most 1.1 times', met: late / early <= 1.1 },
        },
      ];
    });
  } finally {
    await server.stop();
  }
}

/** The simulated gateway from outside: a process of its own, a thousand instruments, raw clients that only count. */
export const gatewayBench: Benchmark = {
  names: ['gateway.messages'],
  async run(): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const count of CLIENTS) {
      const [rate, ceiling] = [await pushed(count, false), await pushed(count, true)];
      figures.push({
        // Eight clients are the case that carries the name alone.
        ...{ name: count === 8 ? 'gateway.messages' : `gateway.messages.out.${count}` },
        ...{ value: Math.round(rate), unit: `messages/s out to ${count} clients` },
        ...{
          better: 'higher',
          baseline: `${Math.round(ceiling)}/s encoded beforehand`,
          ratio: rate / ceiling,
        },
        ...{ aim: null, met: null },
      });
    }
    for (const count of CLIENTS) {
      const [rate, ceiling] = [await answered(count, false), await answered(count, true)];
      figures.push({
        ...{
          name: `gateway.messages.in.${count}`,
          value: Math.round(rate),
          unit: `requests/s in from ${count} clients`,
        },
        ...{ better: 'higher', baseline: `${Math.round(ceiling)}/s answered unread`, ratio: rate / ceiling },
        ...{ aim: null, met: null },
      });
    }
    return [...figures, ...(await memoryOverAnHour())];
  },
};
