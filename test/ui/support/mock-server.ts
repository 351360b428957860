import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type WebSocket, WebSocketServer } from 'ws';
import { clientMessageSchema, type TopicName, topicItems } from '../../../src/contract/feed.schema.ts';
import { orderDraftSchema } from '../../../src/contract/portfolio.schema.ts';
import { type SessionView, sessionDraftSchema } from '../../../src/contract/session.schema.ts';
import { strategyDraftSchema } from '../../../src/contract/strategy.schema.ts';
import * as data from './mock-data.ts';
import { riskPlan } from './mock-risk.ts';
import * as watched from './mock-supervision.ts';

const dist = fileURLToPath(new URL('../../../ui/dist', import.meta.url));
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

export interface MockServer {
  readonly url: string;
  /** Lists by topic; after changing one, call `tell`. */
  readonly lists: Map<string, unknown[]>;
  tell(topic: string, items: unknown[], removed?: string[]): void;
  /** What the server answers instead of an answer: 401, or nothing at all. */
  mode: 'well' | 'stranger' | 'silent';
  /** Cuts every socket of the feed. */
  cut(): void;
  close(): Promise<void>;
}

/**
 * A server with the dashboard's REST interface and feed over data that stands for a trading day: for looking at the
 * pages without a runtime. Prices move twice a second unless `still`.
 */
export async function startMockServer(options: { port?: number; still?: boolean } = {}): Promise<MockServer> {
  const now = Date.now();
  const bars = data.sp500().slice(2900, 3400);
  const marketTime = (bars.at(-1)?.time ?? now) + 60_000_000;
  const spx = data.decisions('spx-sma', data.idOf('SP500'), bars);
  const allTrades = data.trades(now, marketTime, spx);
  const lists = new Map<string, unknown[]>([
    ['system', [data.system(now, marketTime)]],
    ['actors', watched.actors()],
    ['supervision', [watched.supervision(now)]],
    ['prices', data.prices(now, marketTime)],
    ['positions', data.positions(now)],
    ['account', [data.account(now)]],
    ['pnl', data.pnl(now)],
    ['reconciliation', [data.reconciliation(now)]],
    ['trades', allTrades],
    ['sessions', data.sessions(now, bars, spx)],
    ['decisions:spx-sma', spx.slice(-50)],
    [`bars:${data.idOf('SP500')}:1d`, bars.slice(-2).map((bar) => ({ ...bar, closed: true }))],
  ]);
  const strategyList = data.strategies();
  const sockets = new Map<WebSocket, Map<string, number>>();

  const send = (socket: WebSocket, topic: string, type: string, body: unknown) => {
    const seqs = sockets.get(socket);
    const seq = topic === '' ? 0 : (seqs?.get(topic) ?? 0) + 1;
    if (topic !== '') seqs?.set(topic, seq);
    socket.send(JSON.stringify({ topic, seq, at: Date.now(), type, data: body }));
  };
  const keyOf = (topic: string, item: unknown) =>
    (topicItems[topic.split(':')[0] as TopicName].key as (item: unknown) => string)(item);

  const mock: MockServer = {
    url: '',
    lists,
    mode: 'well',
    tell(topic, items, removed = []) {
      const byKey = new Map((lists.get(topic) ?? []).map((item) => [keyOf(topic, item), item]));
      for (const item of items) byKey.set(keyOf(topic, item), item);
      for (const key of removed) byKey.delete(key);
      lists.set(topic, [...byKey.values()]);
      if (mock.mode === 'silent') return;
      for (const [socket, seqs] of sockets)
        if (seqs.has(topic)) send(socket, topic, 'change', { items, removed });
    },
    cut() {
      for (const socket of sockets.keys()) socket.terminate();
    },
    async close() {
      clearInterval(timer);
      mock.cut();
      sockets.clear();
      await new Promise((done) => server.close(done));
    },
  };

  const random = data.seeded(7);
  const timer = setInterval(() => {
    if (options.still === true) return;
    const moved = data.prices(Date.now(), marketTime).flatMap((price) => {
      const known = (lists.get('prices') as (typeof price)[]).find(
        (one) => one.instrumentId === price.instrumentId,
      );
      if (known === undefined || known.last === null || random() > 0.6) return [];
      const tick = Number(known.minTick);
      const step = Math.round((random() - 0.5) * 8) * tick;
      const last = known.last + step;
      return [{ ...known, last, bid: last - tick, ask: last + tick, receivedAt: Date.now() }];
    });
    mock.tell('prices', moved);
    const last = bars.at(-1);
    const price = moved.find((one) => one.symbol === 'SP500');
    if (last !== undefined && price !== undefined) {
      const forming = {
        ...last,
        time: last.time + 86_400_000,
        open: last.close,
        high: Math.max(last.close, price.last),
        low: Math.min(last.close, price.last),
        close: price.last,
        volume: 1e9,
        closed: false,
      };
      mock.tell(`bars:${data.idOf('SP500')}:1d`, [forming]);
    }
  }, 500);

  const find = (id: string) => (lists.get('sessions') as SessionView[]).find((session) => session.id === id);
  const problem = (status: number, code: string, detail: string, errors?: unknown) => ({
    status,
    body: {
      type: 'about:blank',
      title: code,
      status,
      detail,
      code,
      ...(errors === undefined ? {} : { errors }),
    },
  });
  type Answer = { status: number; body: unknown };
  const ok = (body: unknown): Answer => ({ status: 200, body });

  function answer(method: string, path: string, query: URLSearchParams, body: unknown): Answer {
    const call = `${method} ${path}`;
    if (call === 'GET /strategies') return ok({ items: strategyList });
    if (call === 'GET /strategies/kinds') return ok({ items: data.kinds() });
    if (call === 'POST /strategies') {
      const draft = strategyDraftSchema.parse(body);
      const saved = { ...draft, origin: 'dashboard' as const };
      strategyList.push(saved);
      return ok(saved);
    }
    if (call === 'GET /risk/plan') return ok(riskPlan());
    if (call === 'GET /bars') {
      const before = Number(query.get('before') ?? Number.POSITIVE_INFINITY);
      const known = query.get('instrumentId') === data.idOf('SP500') ? bars.slice(0, -1) : [];
      return ok({ items: known.filter((bar) => bar.time < before).slice(-Number(query.get('limit'))) });
    }
    const actor = /^GET \/actors\/([^/]+)\/(history|state)$/.exec(call);
    if (actor !== null) {
      const path = decodeURIComponent(actor[1] ?? '');
      if (actor[2] === 'state') return ok(watched.rebuilt(path, Number(query.get('seq')), Date.now()));
      const older = query.get('beforeSeq');
      return ok({
        items: older === null ? watched.journal(now, path) : [],
        next: older === null ? 8998 : null,
      });
    }
    if (call === 'GET /journal') {
      return ok({ items: [watched.causeEntry(now, Number(query.get('afterSeq')) + 1)], next: null });
    }
    if (call === 'GET /trades') return ok({ items: [] });
    if (call === 'POST /positions/refresh') {
      const fresh = data.positions(Date.now()).map((position) => ({ ...position, at: Date.now() }));
      lists.set('positions', fresh);
      return ok({ items: fresh });
    }
    if (call === 'POST /orders') {
      const draft = orderDraftSchema.parse(body);
      const ref = `tw.m..01JDNEW${String(Date.now()).padStart(19, '0')}`;
      const [pattern] = allTrades;
      const trade = {
        ...pattern,
        ...draft,
        key: ref,
        ref,
        symbol: draft.instrumentId.split('.')[0],
        filled: draft.orderType === 'MKT' ? draft.quantity : '0',
        averagePrice: draft.orderType === 'MKT' ? '31.22' : null,
        state: draft.orderType === 'MKT' ? 'filled' : 'working',
        time: Date.now(),
        at: Date.now(),
      };
      mock.tell('trades', [trade]);
      return ok({ ref, outcome: 'accepted', message: null });
    }
    if (method === 'DELETE' && path.startsWith('/orders/')) {
      const ref = decodeURIComponent(path.slice('/orders/'.length));
      const trade = (lists.get('trades') as { key: string }[]).find((one) => one.key === ref);
      if (trade !== undefined) mock.tell('trades', [{ ...trade, state: 'cancelled' }]);
      return ok({ ref, outcome: 'accepted', message: null });
    }
    if (call === 'POST /sessions') {
      const draft = sessionDraftSchema.parse(body);
      if (draft.instrument.symbol === 'NOPE') {
        return problem(422, 'instrumentUnknown', 'IBKR knows no such instrument.', [
          { path: 'instrument.symbol', message: 'IBKR knows no "NOPE" on SMART in USD' },
        ]);
      }
      const [pattern] = lists.get('sessions') as SessionView[];
      const { active, limitOffsetBps: _offset, ...rest } = draft;
      const session = {
        ...pattern,
        ...rest,
        name: draft.name ?? draft.id,
        instrumentId: data.idOf(draft.instrument.symbol),
        origin: 'dashboard',
        desired: active ? 'running' : 'stopped',
        state: active ? 'collecting' : 'idle',
        lastBar: null,
        lastDecision: null,
        positionQuantity: null,
        bufferedBars: 12,
        waitingFor: 'History: 12 of 250 bars',
      };
      mock.tell('sessions', [session]);
      return { status: 201, body: session };
    }
    const session = /^POST \/sessions\/([^/]+)\/(start|pause|resume|stop)$/.exec(call);
    if (session !== null) {
      const known = find(session[1] ?? '');
      if (known === undefined) return problem(404, 'sessionUnknown', `There is no session "${session[1]}".`);
      const desired = { start: 'running', resume: 'running', pause: 'paused', stop: 'stopped' }[
        session[2] ?? ''
      ];
      const next = { ...known, desired, state: desired === 'stopped' ? 'idle' : 'collecting', error: null };
      mock.tell('sessions', [next]);
      return ok(next);
    }
    if (method === 'DELETE' && path.startsWith('/sessions/')) {
      mock.tell('sessions', [], [path.slice('/sessions/'.length)]);
      return { status: 204, body: undefined };
    }
    if (/^GET \/sessions\/[^/]+\/decisions$/.test(call)) {
      return ok({ items: path.includes('/spx-sma/') ? spx.slice().reverse() : [] });
    }
    const risk = /^POST \/risk\/(halt|reduce|resume|flatten)$/.exec(call)?.[1];
    if (risk !== undefined) {
      const [current] = lists.get('system') as ReturnType<typeof data.system>[];
      const states = { halt: 'halted', flatten: 'halted', reduce: 'reducing', resume: 'active' } as const;
      const state = states[risk as keyof typeof states];
      const cause = String((body as { cause?: string }).cause);
      if (current !== undefined)
        mock.tell('system', [
          {
            ...current,
            risk: { state, since: Date.now(), cause, author: 'person' },
            flatten: data.flatten(risk === 'flatten' ? 'closing' : 'idle', cause, Date.now()),
          },
        ]);
      return ok({});
    }
    return problem(404, 'notFound', `There is nothing at ${call}.`);
  }

  async function readBody(request: IncomingMessage): Promise<unknown> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    return text === '' ? undefined : JSON.parse(text);
  }

  function sendFile(response: ServerResponse, path: string): void {
    const file = join(dist, path);
    const found = path !== '/' && existsSync(file) ? file : join(dist, 'index.html');
    response
      .writeHead(200, { 'content-type': types[extname(found)] ?? 'application/octet-stream' })
      .end(readFileSync(found));
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://mock');
    if (!url.pathname.startsWith('/api/v1')) return sendFile(response, url.pathname);
    if (mock.mode === 'silent') return;
    const body = await readBody(request);
    const { status, body: json } =
      mock.mode === 'stranger'
        ? problem(401, 'unauthorised', 'Log in first.')
        : answer(request.method ?? 'GET', url.pathname.slice('/api/v1'.length), url.searchParams, body);
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    response
      .writeHead(status, { 'content-type': type })
      .end(json === undefined ? undefined : JSON.stringify(json));
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      const { status, body } = problem(400, 'badRequest', String(error));
      response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
    });
  });
  const feed = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (mock.mode !== 'well') {
      socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
      return;
    }
    feed.handleUpgrade(request, socket, head, (ws) => {
      sockets.set(ws, new Map());
      ws.on('close', () => sockets.delete(ws));
      ws.on('message', (raw) => {
        if (mock.mode === 'silent') return;
        const message = clientMessageSchema.parse(JSON.parse(String(raw)));
        if (message.type === 'ping') send(ws, '', 'pong', null);
        if (message.type === 'unsubscribe')
          for (const topic of message.topics) sockets.get(ws)?.delete(topic);
        const wanted =
          message.type === 'subscribe' ? message.topics : message.type === 'resync' ? [message.topic] : [];
        for (const topic of wanted) {
          sockets.get(ws)?.set(topic, 0);
          send(ws, topic, 'snapshot', { items: lists.get(topic) ?? [], removed: [] });
        }
      });
    });
  });
  await new Promise<void>((done) => server.listen(options.port ?? 0, '127.0.0.1', done));
  return Object.assign(mock, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

if (import.meta.main) {
  const mock = await startMockServer({ port: Number(process.env.PORT ?? 7400) });
  process.stdout.write(`mock of the server at ${mock.url}\n`);
}
