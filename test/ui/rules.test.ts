import { describe, expect, it } from 'vitest';
import type { TradeView } from '../../src/contract/portfolio.schema.ts';
import type { SupervisionView } from '../../src/contract/supervision.schema.ts';
import type { SystemView } from '../../src/contract/system.schema.ts';
import { accountFigures } from '../../ui/components/account/account-figures.ts';
import { compareValues, nextSorting, readSorting } from '../../ui/components/base/table-columns.ts';
import { flattenPreview } from '../../ui/components/risk/flatten-rules.ts';
import { checkForm, emptyForm, proposeId, TYPED } from '../../ui/components/sessions/session-draft.ts';
import { commandsFor, toneOf, waitWords } from '../../ui/components/sessions/session-rules.ts';
import { STARTING_GRACE_MS, troubles } from '../../ui/components/shell/troubles.ts';
import { flatParameters, parametersOf, schemaFields } from '../../ui/components/strategies/schema-fields.ts';
import { isCancellable, quantityParts } from '../../ui/components/trades/trade-rules.ts';
import { tradesCsv } from '../../ui/components/trades/trades-csv.ts';
import type { FeedStatus } from '../../ui/feed/client.ts';
import { preferredLanguage } from '../../ui/stores/settings.ts';
import * as data from './support/mock-data.ts';
import * as watched from './support/mock-supervision.ts';

const now = 1_800_000_000_000;
const live: FeedStatus = { state: 'live', since: 0, attempts: 0, skewMs: 0, reason: null };
const well = data.system(now, now);
const withConnection = (change: Partial<SystemView['connection']>): SystemView => ({
  ...well,
  connection: { ...well.connection, ...change },
});
const kindsOf = (system: SystemView | null, feed = live) =>
  troubles(system, feed, now).map((trouble) => trouble.kind);

describe('troubles', () => {
  it('are none when all is well', () => {
    expect(kindsOf(well)).toEqual([]);
  });

  it('speak of nothing else when the feed is lost', () => {
    const broken = withConnection({ phase: 'backingOff', cause: 'gone' });
    expect(kindsOf(broken, { ...live, state: 'lost' })).toEqual(['feed']);
    expect(kindsOf(null)).toEqual([]);
  });

  it('name a lost broker with its cause, since when, and the next try', () => {
    const lost = { phase: 'backingOff', cause: 'socket closed', since: now - 5, retryAt: now + 9 } as const;
    expect(troubles(withConnection(lost), live, now)[0]).toMatchObject({
      kind: 'broker',
      tone: 'danger',
      cause: 'socket closed',
      since: now - 5,
      retryAt: now + 9,
      facts: { host: '127.0.0.1', port: '4002' },
    });
  });

  it('let a first connection start before they complain', () => {
    const starting = (since: number) => withConnection({ phase: 'connecting', cause: null, since });
    expect(kindsOf(starting(now - 1))).toEqual([]);
    expect(kindsOf(starting(now - STARTING_GRACE_MS))).toEqual(['broker']);
  });

  it('tell apart a held client id, a lost link and a broken farm', () => {
    expect(kindsOf(withConnection({ phase: 'clientIdHeld', cause: '326' }))).toEqual(['brokerClientId']);
    expect(kindsOf(withConnection({ link: 'down' }))).toEqual(['brokerLink']);
    const farm = { name: 'usfarm', kind: 'market', state: 'broken', since: now } as const;
    expect(kindsOf(withConnection({ farms: [farm] }))).toEqual(['farm']);
  });

  it('tell apart a wrong account, an awaited login, and what is planned at the gateway', () => {
    const login = (state: 'later' | 'soon' | 'awaited') => ({ state, dueAt: now + 60 });
    expect(kindsOf(withConnection({ phase: 'wrongAccount', cause: 'U1' }))).toEqual(['brokerAccount']);
    const away = { phase: 'backingOff', cause: 'x' } as const;
    expect(kindsOf(withConnection({ ...away, login: login('awaited') }))).toEqual(['brokerLogin']);
    expect(kindsOf(withConnection({ ...away, login: login('later') }))).toEqual(['broker']);
    const restart = { at: now, quietFrom: now - 1, quietUntil: now + 9, isQuiet: true };
    expect(troubles(withConnection({ restart, login: login('soon') }), live, now)).toMatchObject([
      { kind: 'restartQuiet', dueAt: now + 9 },
      { kind: 'loginSoon', dueAt: now + 60 },
    ]);
    const clear = { ...restart, isQuiet: false };
    expect(kindsOf(withConnection({ restart: clear, login: login('later') }))).toEqual([]);
  });

  it('list database and risk after the broker', () => {
    const system: SystemView = {
      ...withConnection({ phase: 'disconnected', cause: 'x' }),
      store: { state: 'down', cause: 'refused', since: now },
      risk: { ...well.risk, state: 'halted' },
    };
    expect(kindsOf(system)).toEqual(['broker', 'storeDown', 'riskHalted']);
  });
});

describe('closing everything', () => {
  it('is told in place of the halt that comes with it, until it is flat', () => {
    const at = (phase: SystemView['flatten']['phase']): SystemView => ({
      ...{ ...well, risk: { ...well.risk, state: 'halted' as const } },
      flatten: data.flatten(phase, 'out', now),
    });
    for (const phase of ['cancelling', 'surveying', 'closing', 'standingDown'] as const) {
      expect(kindsOf(at(phase))).toEqual(['flattening']);
    }
    expect(kindsOf(at('flat'))).toEqual(['riskHalted']);
  });

  it('is shown before as what is cancelled, sold and bought back', () => {
    const positions = data.positions(now).slice(0, 2);
    const [long, short] = positions;
    if (long === undefined || short === undefined) throw new Error('no positions');
    const trades = data.trades(now, now, []);
    const trade = trades[0];
    if (trade === undefined) throw new Error('no trades');
    const order = (state: TradeView['state'], source: TradeView['source']) => ({ ...trade, state, source });
    const preview = flattenPreview(
      [
        { ...long, quantity: '12.5' },
        { ...short, quantity: '-3' },
        { ...short, quantity: '0' },
      ],
      [
        order('working', 'manual'),
        order('unknown', 'autotrader'),
        order('cancelling', 'autotrader'),
        order('working', 'ibkr'),
        order('filled', 'manual'),
      ],
    );
    expect(preview.orders).toBe(3);
    expect(preview.closes.map(({ side, quantity }) => [side, quantity])).toEqual([
      ['SELL', 12.5],
      ['BUY', 3],
    ]);
  });
});

describe('troubles of the supervision', () => {
  const kinds = (view: SupervisionView, system: SystemView = well) =>
    troubles(system, live, now, view).map((trouble) => trouble.kind);
  const running = watched.supervision(now);
  const recording = (change: Partial<SupervisionView['journal']>): SupervisionView => ({
    ...running,
    journal: { ...running.journal, ...change },
  });

  it('are none while it runs and records what is wanted, be it all or less', () => {
    expect(kinds(running)).toEqual([]);
    expect(kinds(recording({ detail: 'facts', wanted: 'facts' }))).toEqual([]);
    expect(kinds(recording({ detail: 'full', wanted: 'steps' }))).toEqual([]);
  });

  it('come first once it has given up, with its cause and since when', () => {
    const view: SupervisionView = { ...running, state: 'halted', since: now - 9, cause: 'root gave up' };
    expect(troubles(withConnection({ link: 'down' }), live, now, view)[0]).toMatchObject({
      kind: 'supervisionHalted',
      tone: 'danger',
      since: now - 9,
      cause: 'root gave up',
    });
  });

  it('stand for the halt of trading that they caused, and for no other', () => {
    const view: SupervisionView = { ...running, state: 'halted' };
    const byAuthor = (author: SystemView['risk']['author']): SystemView => ({
      ...well,
      risk: { ...well.risk, state: 'halted', author },
    });
    expect(kinds(view, byAuthor('supervisor'))).toEqual(['supervisionHalted']);
    expect(kinds(view, byAuthor('person'))).toEqual(['supervisionHalted', 'riskHalted']);
    expect(kinds(running, byAuthor('supervisor'))).toEqual(['riskHalted']);
  });

  it.each([
    ['steps', 'full', 'journalSteps'],
    ['facts', 'full', 'journalFacts'],
    ['facts', 'steps', 'journalFacts'],
  ] as const)('say that %s are recorded instead of %s', (detail, wanted, kind) => {
    const view = recording({ detail, wanted, cause: 'the buffer is full', since: now - 7 });
    expect(troubles(well, live, now, view)).toMatchObject([
      { kind, tone: 'warn', cause: 'the buffer is full', since: now - 7 },
    ]);
  });
});

describe('session form', () => {
  const key = { symbol: 'ORCL', secType: 'STK', exchange: 'SMART', currency: 'USD' } as const;
  const filled = { ...emptyForm(), id: 'orcl-rsi', instrumentId: 'ORCL.STK.SMART.USD', strategy: 'rsi-14' };

  it('makes a draft that the server schema accepts', () => {
    expect(checkForm(filled, key).data).toMatchObject({
      id: 'orcl-rsi',
      instrument: key,
      sizing: { kind: 'percent', percent: 10 },
      bufferSize: 250,
      thread: 'main',
      active: true,
    });
  });

  it('sends the strategy to a thread of its own when that is chosen', () => {
    expect(checkForm({ ...filled, thread: 'worker' }, key).data?.thread).toBe('worker');
  });

  it('writes a typed instrument as IBKR does', () => {
    const typed = { symbol: ' ibm ', secType: 'STK', exchange: 'smart', currency: 'usd' } as const;
    expect(checkForm({ ...filled, instrumentId: TYPED, typed }, null).data?.instrument).toEqual({
      ...key,
      symbol: 'IBM',
    });
  });

  it('reads a decimal comma', () => {
    const form = { ...filled, sizingKind: 'fixed', sizingValue: '0,5' } as const;
    expect(checkForm(form, key).data?.sizing).toEqual({ kind: 'fixed', quantity: '0.5' });
  });

  it.each([
    ['id', { id: 'Not Good' }],
    ['strategy', { strategy: '' }],
    ['sizing.percent', { sizingValue: '' }],
    ['sizing.percent', { sizingValue: '101' }],
    ['bufferSize', { bufferSize: '10' }],
  ])('complains about %s', (path, change) => {
    const paths = checkForm({ ...filled, ...change }, key).error?.issues.map((issue) => issue.path.join('.'));
    expect(paths).toContain(path);
  });

  it('complains about the instrument when none is chosen', () => {
    expect(checkForm(filled, null).error?.issues[0]?.path).toEqual(['instrument', 'symbol']);
  });

  it.each([
    ['S&P 500', 'sma-10-30', '1d', 's-p-500-sma-10-30-1d'],
    ['', '', '1d', '1d'],
    ['É'.repeat(50), 'x', '1d', 'e'.repeat(40)],
  ])('proposes an id for %s', (symbol, strategy, timeframe, id) => {
    expect(proposeId(symbol, strategy, timeframe)).toBe(id);
  });
});

describe('session commands', () => {
  it.each([
    ['running', ['pause', 'stop']],
    ['paused', ['resume', 'stop']],
    ['stopped', ['start']],
  ] as const)('of a %s session are %j', (desired, commands) => {
    expect(commandsFor({ desired })).toEqual(commands);
  });

  it('colours a failing session as danger whatever is wanted of it', () => {
    expect(toneOf({ desired: 'paused', state: 'failed' })).toBe('danger');
    expect(toneOf({ desired: 'running', state: 'ordering' })).toBe('ok');
    expect(toneOf({ desired: 'stopped', state: 'idle' })).toBe('idle');
  });

  it('does not say "waiting for" twice', () => {
    expect(waitWords('Waiting for the price history.')).toBe('The price history');
    expect(waitWords('The broker')).toBe('The broker');
  });
});

describe('table sorting', () => {
  const columns = [
    { id: 'a', label: 'A', sort: () => 1 },
    { id: 'b', label: 'B' },
  ];

  it('reads only columns that sort out of a query', () => {
    expect(readSorting('a:desc', columns)).toEqual({ id: 'a', desc: true });
    expect(readSorting('b:asc', columns)).toBeNull();
    expect(readSorting('zzz', columns)).toBeNull();
    expect(readSorting(null, columns)).toBeNull();
  });

  it('goes up, down, and back to none', () => {
    const first = nextSorting(null, 'a');
    const second = nextSorting(first, 'a');
    expect([first, second, nextSorting(second, 'a')]).toEqual([
      { id: 'a', desc: false },
      { id: 'a', desc: true },
      null,
    ]);
    expect(nextSorting(second, 'b')).toEqual({ id: 'b', desc: false });
  });

  it('compares numbers as numbers and texts by their numbers', () => {
    expect(compareValues(2, 10)).toBeLessThan(0);
    expect(compareValues('bar 2', 'bar 10')).toBeLessThan(0);
  });
});

describe('trades', () => {
  const [working, ...others] = data.trades(now, now, []);
  const trade = (change: Partial<TradeView>): TradeView => ({ ...(working as TradeView), ...change });

  it('can be cancelled while they may fill, and only if they are ours', () => {
    expect(isCancellable(trade({}))).toBe(true);
    expect(isCancellable(trade({ state: 'unknown' }))).toBe(true);
    expect(isCancellable(trade({ state: 'filled' }))).toBe(false);
    expect(isCancellable(trade({ source: 'ibkr' }))).toBe(false);
    expect(isCancellable(trade({ ref: null }))).toBe(false);
  });

  it('show both quantities only while they differ', () => {
    expect(quantityParts(trade({ quantity: '100', filled: '30' }))).toEqual({ filled: '30', of: '100' });
    expect(quantityParts(trade({ quantity: '100.0', filled: '100' }))).toEqual({ filled: '100', of: null });
    expect(quantityParts(trade({ quantity: null, filled: '5' }))).toEqual({ filled: '5', of: null });
  });

  it('export as CSV with ISO times, quoted where needed, and no formula', () => {
    const csv = tradesCsv([
      trade({ reason: 'a "b", c', message: null, symbol: 'X' }),
      trade({ reason: '=1+1' }),
    ]);
    const [head, first, second] = csv.split('\r\n');
    expect(head).toContain('time,marketTime,source');
    expect(first).toContain('"a ""b"", c"');
    expect(first?.slice(0, 24)).toBe(new Date(now - 95_000).toISOString());
    expect(second).toContain("'=1+1");
    expect(others.length).toBeGreaterThan(0);
  });
});

describe('account figures', () => {
  it('are null, not 0, when the broker has not told them', () => {
    expect(accountFigures(null).map((figure) => figure.value)).toEqual([null, null, null, null, null, null]);
    const told = accountFigures({ ...data.account(now), pnl: null });
    expect(told.map((figure) => figure.value === null)).toEqual([false, false, false, true, true, true]);
  });
});

describe('strategy parameters', () => {
  it.each(data.kinds().map((kind) => [kind.kind, kind] as const))(
    'of %s are drawn from their schema, defaults filled in, and come back as they were',
    (_name, kind) => {
      const fields = schemaFields(kind.parameters);
      expect(fields.length).toBeGreaterThan(0);
      expect(fields.every((field) => field.initial !== undefined)).toBe(true);
      const typed = Object.fromEntries(
        fields.map((field) => [
          field.path.join('.'),
          typeof field.initial === 'boolean' ? field.initial : String(field.initial),
        ]),
      );
      const back = flatParameters(parametersOf(fields, typed));
      expect(back).toEqual(fields.map((field) => ({ name: field.path.join('.'), value: field.initial })));
    },
  );

  it('open objects inside and leave empty fields to their defaults', () => {
    const fields = schemaFields({
      properties: { weights: { type: 'object', properties: { trend: { type: 'number', default: 1 } } } },
    });
    expect(fields[0]).toMatchObject({ path: ['weights', 'trend'], title: 'Weights: trend', initial: 1 });
    expect(parametersOf(fields, { 'weights.trend': '0,5' })).toEqual({ weights: { trend: 0.5 } });
    expect(parametersOf(fields, { 'weights.trend': '' })).toEqual({});
  });
});

describe('the language', () => {
  it('is the first one of the browser that we speak, else English', () => {
    expect(preferredLanguage(['fr-CA', 'en'])).toBe('fr');
    expect(preferredLanguage(['de', 'en-GB', 'fr'])).toBe('en');
    expect(preferredLanguage(['de'])).toBe('en');
  });
});
