import { Decimal } from 'decimal.js';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { z } from 'zod';
import { parseYaml } from '../../config/yaml.ts';
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

/** Parses a body; what is wrong with it is one line that says what was found and what was expected. */
function parse<S extends z.ZodType>(
  schema: S,
  body: unknown,
): { value: z.output<S> } | { complaint: string } {
  const parsed = parseYaml('body', JSON.stringify(body ?? null), schema);
  if (parsed.ok) return { value: parsed.value };
  const [first] = parsed.problems;
  const path = first?.path === undefined || first.path === '' ? 'body' : first.path;
  return { complaint: `${path}: ${first?.message ?? 'found nothing that can be read'}` };
}

function problem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  const title = status === 404 ? 'Not found' : 'Bad request';
  return reply.code(status).type('application/problem+json').send({ status, title, detail });
}

/**
 * The control port: HTTP with JSON on the loopback interface, for tests and people who play the world behind the
 * gateway. Errors are RFC 9457 problem documents. Rejects with GatewayError PORT_IN_USE.
 */
export async function startControl(broker: Broker, port: number): Promise<RunningControl> {
  const server = Fastify({ logger: false });
  server.setErrorHandler((error: Error, _, reply) => problem(reply, 400, error.message));
  server.setNotFoundHandler((request, reply) =>
    problem(reply, 404, `found ${request.method} ${request.url}, expected one of the paths that GET / lists`),
  );
  routes(server, broker);
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

function routes(server: FastifyInstance, broker: Broker): void {
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
    const line = parse(faultLineSchema, request.body);
    if ('complaint' in line) return problem(reply, 400, line.complaint);
    return reply.code(201).send({ id: faults.add(toFaultLine(line.value)) });
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
    const order = parse(orderSchema, request.body);
    if ('complaint' in order) return problem(reply, 400, order.complaint);
    const instrument = broker.market.instruments.find(({ config }) => config.symbol === order.value.symbol);
    if (instrument === undefined)
      return problem(
        reply,
        400,
        `symbol: found "${order.value.symbol}", expected an instrument of this gateway`,
      );
    const ticket = manualTicket(order.value, new Decimal(order.value.quantity));
    const placed = broker.desk.placeManual({ exchange: instrument.config.exchange, instrument, ticket });
    if ('code' in placed) return problem(reply, 400, `${placed.code}: ${placed.text}`);
    return reply.code(201).send({ permId: placed.permId, status: placed.status, orderId: placed.orderId });
  });
  server.post('/bulletins', (request, reply) => {
    const bulletin = parse(bulletinSchema, request.body);
    if ('complaint' in bulletin) return problem(reply, 400, bulletin.complaint);
    broker.postBulletin(bulletin.value);
    return reply.code(204).send();
  });
}
