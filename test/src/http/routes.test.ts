import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { problemSchema } from '../../../src/contract/problem.schema.ts';
import { riskPlan, session, supervision, system } from './fake-runtime.ts';
import { bearer, type Harness, harness } from './harness.ts';

let server: Harness;
beforeAll(async () => {
  server = harness();
  await server.app.ready();
});
afterAll(() => server.app.close());
beforeEach(() => {
  server.runtime.calls.length = 0;
  server.runtime.fault = null;
  server.runtime.view = system;
});

const draft = { id: 'new-one', instrument: { symbol: 'ORCL' }, timeframe: '1d', strategy: 'rsi-14' };

async function ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) {
  return server.app.inject({ method, url: `/api/v1${url}`, headers: bearer, ...(payload && { payload }) });
}

describe('sessions', () => {
  it('come as a list, and one by one', async () => {
    expect((await ask('GET', '/sessions')).json()).toEqual({ items: [session('a')] });
    expect((await ask('GET', '/sessions/a')).json()).toEqual(session('a'));
  });

  it('are created with the defaults of their schema filled in', async () => {
    const answer = await ask('POST', '/sessions', draft);
    expect(answer.statusCode).toBe(201);
    expect(answer.headers.location).toBe('/api/v1/sessions/new-one');
    expect(server.runtime.calls[0]?.[1]).toMatchObject({
      id: 'new-one',
      instrument: { symbol: 'ORCL', secType: 'STK', exchange: 'SMART', currency: 'USD' },
      sizing: { kind: 'percent', percent: 10 },
    });
  });

  it.each(['start', 'pause', 'resume', 'stop'])('obey %s', async (command) => {
    expect((await ask('POST', `/sessions/a/${command}`)).statusCode).toBe(200);
    expect(server.runtime.calls).toEqual([['commandSession', 'a', command]]);
  });

  it('are removed with an empty answer', async () => {
    const answer = await ask('DELETE', '/sessions/a');
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
  });

  it('tell their decisions, page by page', async () => {
    await ask('GET', '/sessions/a/decisions?limit=5&before=99');
    await ask('GET', '/sessions/a/decisions');
    expect(server.runtime.calls).toEqual([
      ['decisions', 'a', { limit: 5, before: 99 }],
      ['decisions', 'a', { limit: 50 }],
    ]);
  });
});

describe('a route', () => {
  it.each([
    ['/orders', { items: [] }],
    ['/trades?source=manual', { items: [] }],
    ['/positions', { items: [] }],
    ['/account', { items: [] }],
    ['/pnl', { items: [] }],
    ['/prices', { items: [] }],
    ['/bars?instrumentId=ORCL.STK.SMART.USD&timeframe=1d', { items: [] }],
    ['/strategies', { items: [] }],
    ['/strategies/kinds', { items: [] }],
    ['/risk', { ...system.risk, parts: system.riskParts, flatten: system.flatten }],
    ['/risk/plan', riskPlan],
    ['/system', system],
    ['/actors', { items: [] }],
    ['/supervision', supervision],
  ])('GET %s answers', async (url, body) => {
    const answer = await ask('GET', url);
    expect([answer.statusCode, answer.json()]).toEqual([200, body]);
  });

  it('asks the broker for positions on refresh', async () => {
    expect((await ask('POST', '/positions/refresh')).statusCode).toBe(200);
    expect(server.runtime.calls).toEqual([['refreshPositions']]);
  });

  it('reconciles with the broker, and accepts only when it is told to', async () => {
    expect((await ask('POST', '/reconcile')).json()).toMatchObject({ accepted: false, differences: [] });
    expect((await ask('POST', '/reconcile', { accept: true })).json()).toMatchObject({ accepted: true });
    expect((await ask('POST', '/reconcile', { accept: 'yes' })).statusCode).toBe(400);
    expect(server.runtime.calls).toEqual([
      ['reconcile', { accept: false }],
      ['reconcile', { accept: true }],
    ]);
  });

  it('places and cancels orders, with the outcome in the answer', async () => {
    const order = { instrumentId: 'X', side: 'BUY', quantity: '1', orderType: 'MKT' };
    expect((await ask('POST', '/orders', order)).json()).toMatchObject({ outcome: 'accepted', ref: 'r1' });
    expect((await ask('DELETE', '/orders/r1')).json()).toMatchObject({ outcome: 'unknown' });
  });

  it('changes an order by what is given, and passes on nothing that is nonsense', async () => {
    const change = { quantity: '7', limitPrice: '101.25' };
    expect((await ask('PATCH', '/orders/r1', change)).json()).toMatchObject({ outcome: 'rejected' });
    const nonsense = [{}, { quantity: '0' }, { quantity: '-1' }, { limitPrice: 'much' }, { side: 'SELL' }];
    for (const body of nonsense) {
      expect((await ask('PATCH', '/orders/r1', body)).statusCode, JSON.stringify(body)).toBe(400);
    }
    expect(server.runtime.calls).toEqual([['changeOrder', 'r1', change]]);
  });

  it('throws the kill switch, with or without a cause', async () => {
    await ask('POST', '/risk/halt', { cause: 'enough' });
    await ask('POST', '/risk/resume');
    const answer = await ask('POST', '/risk/flatten', { cause: 'out' });
    expect(answer.json()).toEqual({ ...system.risk, parts: system.riskParts, flatten: system.flatten });
    expect(server.runtime.calls).toEqual([
      ['setRisk', 'halt', 'enough', undefined],
      ['setRisk', 'resume', 'by a person', undefined],
      ['setRisk', 'flatten', 'out', undefined],
    ]);
  });

  it('throws it for one session or account, and for nothing else', async () => {
    const scope = { kind: 'session', id: 'a' };
    expect((await ask('POST', '/risk/halt', { scope })).statusCode).toBe(200);
    for (const wrong of [{ kind: 'world', id: 'a' }, { kind: 'session' }, { kind: 'session', id: '' }, 'a']) {
      expect((await ask('POST', '/risk/halt', { scope: wrong })).statusCode).toBe(400);
    }
    expect(server.runtime.calls).toEqual([['setRisk', 'halt', 'by a person', scope]]);
  });
});

describe('the journal', () => {
  it('is read by actor, kind, time, number and text, in pages', async () => {
    const query =
      'actor=root/broker&below=true&kind=crash,%20restart&from=2026-01-02T03:04:05Z&to=1800000000000';
    const answer = await ask(
      'GET',
      `/journal?${query}&afterSeq=3&beforeSeq=99&text=ORCL&limit=5&order=oldest`,
    );
    expect(answer.json()).toMatchObject({ items: [{ seq: 7, at: 1.5, kind: 'step' }], next: 7 });
    expect(server.runtime.calls).toEqual([
      [
        'journal',
        {
          actor: 'root/broker',
          below: true,
          kinds: ['crash', 'restart'],
          from: Date.UTC(2026, 0, 2, 3, 4, 5),
          to: 1_800_000_000_000,
          afterSeq: 3,
          beforeSeq: 99,
          text: 'ORCL',
          limit: 5,
          order: 'oldest',
        },
      ],
    ]);
  });

  it.each(['/journal?text=x', '/actors/root/history?text=x'])(
    'is not looked through any longer when the browser of %s has gone',
    async (url) => {
      const { list } = server.runtime.journal;
      const aborted = new Promise<boolean>((resolve) => {
        server.runtime.journal.list = async (_, signal) => {
          signal?.addEventListener('abort', () => resolve(signal.aborted));
          return { items: [], next: null };
        };
      });
      await ask('GET', url);
      server.runtime.journal.list = list;
      expect(await aborted).toBe(true);
    },
  );

  it('answers the newest hundred of everyone when nothing is asked', async () => {
    await ask('GET', '/journal');
    expect(server.runtime.calls).toEqual([['journal', { below: false, limit: 100, order: 'newest' }]]);
  });

  it('is told of one actor, named by its path with encoded slashes, however long', async () => {
    const path = `root/sessions/session:${'long-'.repeat(30)}name`;
    const answer = await ask('GET', `/actors/${encodeURIComponent(path)}/history?limit=2&kind=crash`);
    expect(answer.statusCode).toBe(200);
    expect(server.runtime.calls).toEqual([
      ['journal', { actor: path, below: false, kinds: ['crash'], limit: 2, order: 'newest' }],
    ]);
  });

  it('rebuilds the state of an actor after an entry', async () => {
    const answer = await ask('GET', '/actors/root%2Fbroker%2ForderDesk/state?seq=12');
    expect(answer.json()).toMatchObject({
      actor: 'root/broker/orderDesk',
      seq: 12,
      value: 'open',
      folded: 3,
    });
    const unknown = await ask('GET', '/actors/root%2Fnobody/state?seq=12');
    expect([unknown.statusCode, unknown.json().code]).toEqual([404, 'unknownActor']);
  });

  it.each([
    [
      '/journal?from=yesterday',
      400,
      'from',
      'found "yesterday", expected an ISO 8601 time or epoch milliseconds',
    ],
    [
      '/journal?to=2026-13-45',
      400,
      'to',
      'found "2026-13-45", expected an ISO 8601 time or epoch milliseconds',
    ],
    ['/journal?kind=crash,crush', 400, 'kind', /^found "crash,crush", expected some of run, spawn, step/],
    ['/journal?limit=0', 400, 'limit', 'found "0", expected a whole number from 1 to 1000'],
    ['/journal?limit=1e3', 400, 'limit', 'found "1e3", expected a whole number from 1 to 1000'],
    ['/journal?order=random', 400, 'order', 'found "random", expected newest or oldest'],
    ['/journal?below=perhaps', 400, 'below', 'found "perhaps", expected true or false'],
    ['/journal?afterSeq=-1', 400, 'afterSeq', /^found "-1", expected a whole number/],
    ['/journal?actro=root', 400, 'actro', 'expected no such field'],
    [
      '/journal?from=2026-01-02&to=2026-01-01',
      422,
      'from',
      /^found 2026-01-02T.*, expected a time before "to", 2026-01-01T/,
    ],
    ['/actors/root/state?seq=x', 400, 'seq', /^found "x", expected a whole number/],
  ] as const)('%s is refused with %i at %s', async (url, status, path, message) => {
    const answer = await ask('GET', url);
    expect(answer.statusCode).toBe(status);
    expect(problemSchema.parse(answer.json()).errors).toEqual([
      { path, message: typeof message === 'string' ? message : expect.stringMatching(message) },
    ]);
    expect(server.runtime.calls).toEqual([]);
  });
});

describe('health', () => {
  it('names what is not well', async () => {
    server.runtime.view = {
      ...system,
      connection: { ...system.connection, phase: 'backingOff', cause: 'connection refused' },
    };
    expect((await ask('GET', '/health')).json()).toMatchObject({
      status: 'degraded',
      checks: [{ name: 'broker', ok: false, cause: 'connection refused' }, { ok: true }, { ok: true }],
    });
    const ready = await server.app.inject({ url: '/readyz', headers: bearer });
    expect([ready.statusCode, ready.json().detail]).toEqual([503, 'broker: connection refused']);
  });

  it('is ready when broker and store are', async () => {
    expect((await server.app.inject({ url: '/readyz', headers: bearer })).statusCode).toBe(200);
  });
});

describe('a problem document', () => {
  it('tells each refused field by its path', async () => {
    const answer = await ask('POST', '/sessions', {
      ...draft,
      id: 'Not A Slug',
      instrument: { symbol: '' },
      sizing: { kind: 'percent', percent: 200 },
      colour: 1,
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    const problem = problemSchema.parse(answer.json());
    expect(problem.code).toBe('invalid');
    expect(problem.errors?.map(({ path }) => path).sort()).toEqual([
      'colour',
      'id',
      'instrument.symbol',
      'sizing.percent',
    ]);
  });

  it.each([
    ['/bars?instrumentId=X&timeframe=7m', 'timeframe'],
    ['/trades?limit=0', 'limit'],
    ['/trades?soucre=manual', 'soucre'],
  ])('GET %s is refused at %s', async (url, path) => {
    const answer = await ask('GET', url);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors[0].path).toBe(path);
  });

  it('carries what the runtime refused', async () => {
    const missing = await ask('GET', '/sessions/nobody');
    expect([missing.statusCode, missing.json()]).toEqual([
      404,
      {
        type: 'urn:tradewarden:problem:unknownSession',
        title: 'Not Found',
        status: 404,
        detail: 'There is no session "nobody".',
        code: 'unknownSession',
      },
    ]);
    const taken = await ask('POST', '/sessions', { ...draft, id: 'a' });
    expect([taken.statusCode, taken.json().errors]).toEqual([409, [{ path: 'id', message: 'is taken' }]]);
  });

  it('tells nothing of a fault within', async () => {
    server.runtime.fault = new Error('password=secret at /home/x');
    const answer = await ask('GET', '/system');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toMatch(/secret|home|stack/);
    problemSchema.parse(answer.json());
  });

  it('tells nothing of an answer that does not fit its schema', async () => {
    server.runtime.view = { ...system, mode: 'other' as 'paper' };
    const answer = await ask('GET', '/system');
    expect(answer.statusCode).toBe(500);
    problemSchema.parse(answer.json());
  });

  it.each([
    ['GET', '/nothing', {}, '', 404],
    ['PUT', '/sessions', {}, '', 404],
    ['POST', '/sessions', { 'content-type': 'text/xml' }, '<a/>', 415],
    ['POST', '/sessions', { 'content-type': 'application/json' }, '{', 400],
    ['POST', '/sessions', { 'content-type': 'application/json' }, `"${'x'.repeat(300_000)}"`, 413],
    ['GET', '/feed', {}, '', 426],
    ['GET', '/%zz', {}, '', 400],
  ] as const)('%s %s with %j answers in the same form', async (method, url, headers, payload, status) => {
    const answer = await server.app.inject({
      method,
      url: `/api/v1${url}`,
      headers: { ...bearer, ...headers },
      ...(payload === '' ? {} : { payload }),
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    problemSchema.parse(answer.json());
  });
});

describe('OpenAPI', () => {
  it('describes every thing, with the problem document', async () => {
    const document = (await ask('GET', '/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/sessions',
        '/api/v1/orders/{ref}',
        '/api/v1/risk/halt',
        '/api/v1/actors/{id}/history',
        '/api/v1/feed',
      ]),
    );
    const journal: { name: string; schema: object }[] = document.paths['/api/v1/journal'].get.parameters;
    expect(journal.find(({ name }) => name === 'limit')?.schema).toMatchObject({
      type: 'integer',
      maximum: 1000,
    });
    expect(Object.keys(document.paths).filter((path) => !path.startsWith('/api/v1/'))).toEqual([]);
    const { responses } = document.paths['/api/v1/sessions'].get;
    expect(Object.keys(responses.default.content)).toEqual(['application/problem+json']);
  });

  it('has pages to read', async () => {
    const answer = await server.app.inject({ url: '/api/docs', headers: bearer });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toContain('text/html');
  });
});
