import { Decimal } from 'decimal.js';
import Fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Broker } from '../broker.ts';
import { GatewayError } from '../errors.ts';
import { catalogue, faultLineSchema, toFaultLine } from './catalogue.ts';
import { manualTicket } from './manual-order.ts';

const bulletinSchema = z.strictObject({
  type: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(1),
  text: z.string().min(1),
  exchange: z.string().default(''),
});

const orderSchema = z.strictObject({
  symbol: z.string().min(1),
  action: z.enum(['BUY', 'SELL']),
  quantity: z.number().positive(),
  type: z.string().default('MKT'),
  limit: z.number().positive().optional(),
  stop: z.number().positive().optional(),
  tif: z.string().default('DAY'),
});
export type ManualOrder = z.output<typeof orderSchema>;

export interface RunningControl {
  readonly port: number;
  stop(): Promise<void>;
}

/** One line that says what was found and what was expected. */
function complaint(error: z.ZodError): string {
  const [issue] = error.issues;
  const path = issue?.path.join('.') ?? '';
  return `${path === '' ? 'the body' : path}: ${issue?.message ?? 'is not understood'}`;
}

/**
 * The control port: HTTP with JSON on the loopback interface, for tests and people who play the world behind the
 * gateway. Errors are RFC 9457 problem documents. Rejects with GatewayError PORT_IN_USE.
 */
export async function startControl(broker: Broker, port: number): Promise<RunningControl> {
  const server = Fastify({ logger: false });
  const problem = (
    reply: { code(status: number): { type(t: string): { send(b: unknown): unknown } } },
    status: number,
    detail: string,
  ) =>
    reply
      .code(status)
      .type('application/problem+json')
      .send({ status, title: status === 404 ? 'Not found' : 'Bad request', detail });
  server.setErrorHandler((error: Error, _, reply) => problem(reply, 400, error.message));
  server.setNotFoundHandler((request, reply) =>
    problem(reply, 404, `found ${request.method} ${request.url}, expected one of the paths that GET / lists`),
  );
  routes(server, broker, problem);
  try {
    await server.listen({ port, host: '127.0.0.1' });
  } catch (cause) {
    throw new GatewayError(
      'PORT_IN_USE',
      `control port ${port} cannot be used: choose another with --control-port`,
      { cause },
    );
  }
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    stop: () => server.close(),
  };
}

type Problem = (
  reply: { code(status: number): { type(t: string): { send(b: unknown): unknown } } },
  status: number,
  detail: string,
) => unknown;

function routes(server: FastifyInstance, broker: Broker, problem: Problem): void {
  const { faults } = broker;
  server.get('/', () => ({
    paths: [
      'GET /status',
      'GET /catalogue',
      'GET /faults',
      'POST /faults',
      'DELETE /faults/:id',
      'GET /log',
      'POST /orders',
      'POST /bulletins',
    ],
  }));
  server.get('/status', () => ({
    marketTime: new Date(broker.market.now).toISOString(),
    clients: [...broker.clients.keys()],
    openOrders: broker.desk.openCount(),
    executions: broker.state.executions.size,
    faults: faults.list().filter(({ active }) => active).length,
    seed: faults.seed,
  }));
  server.get('/catalogue', () =>
    catalogue.map(({ name, summary, source, example, lasts }) => ({ name, summary, source, example, lasts })),
  );
  server.get('/faults', () => faults.list());
  server.get('/log', () => faults.log);
  server.post('/faults', (request, reply) => {
    const line = faultLineSchema.safeParse(request.body);
    if (!line.success) return problem(reply, 400, complaint(line.error));
    return reply.code(201).send({ id: faults.add(toFaultLine(line.data)) });
  });
  server.delete<{ Params: { id: string } }>('/faults/:id', (request, reply) => {
    if (faults.remove(Number(request.params.id))) return reply.code(204).send();
    return problem(
      reply,
      404,
      `found fault ${request.params.id}, expected the id of one that GET /faults lists`,
    );
  });
  server.post('/orders', (request, reply) => {
    const order = orderSchema.safeParse(request.body);
    if (!order.success) return problem(reply, 400, complaint(order.error));
    const instrument = broker.market.instruments.find(({ config }) => config.symbol === order.data.symbol);
    if (instrument === undefined)
      return problem(
        reply,
        400,
        `symbol: found "${order.data.symbol}", expected an instrument of this gateway`,
      );
    const ticket = manualTicket(order.data, new Decimal(order.data.quantity));
    const placed = broker.desk.placeManual({ exchange: instrument.config.exchange, instrument, ticket });
    if ('code' in placed) return problem(reply, 400, `${placed.code}: ${placed.text}`);
    return reply.code(201).send({ permId: placed.permId, status: placed.status, orderId: placed.orderId });
  });
  server.post('/bulletins', (request, reply) => {
    const bulletin = bulletinSchema.safeParse(request.body);
    if (!bulletin.success) return problem(reply, 400, complaint(bulletin.error));
    broker.postBulletin(bulletin.data);
    return reply.code(204).send();
  });
}
