import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtinStrategies } from '../../../machines/strategies/builtin.ts';
import { parseParameters } from '../../../machines/strategies/registry.ts';
import { type Config, configDir, loadConfig } from '../../../src/config/load.ts';
import { problemLine } from '../../../src/config/yaml.ts';

const knowledge = { parseParameters, builtinNames: builtinStrategies.map(({ name }) => name) };
let dir = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tw-config-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries({ 'runtime.yaml': '', ...files })) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
}

/** The complaints about a folder with these files, without the folder's own name. */
function complaints(files: Record<string, string>): string[] {
  write(files);
  const loaded = loadConfig(dir, knowledge);
  return loaded.ok ? [] : loaded.problems.map((problem) => problemLine(problem).replaceAll(`${dir}/`, ''));
}

function config(files: Record<string, string>): Config {
  write(files);
  const loaded = loadConfig(dir, knowledge);
  if (!loaded.ok) throw new Error(loaded.problems.map(problemLine).join('\n'));
  return loaded.config;
}

const session = (id: string, more = ''): string =>
  `id: ${id}\ninstrument: { symbol: ORCL }\ntimeframe: 1d\nstrategy: rsi-14\n${more}`;

describe('loadConfig', () => {
  it('has no limits without risk.yaml, and those of the file by scope with it', () => {
    expect(config({}).limits).toEqual([]);
    const risk = `whole: { grossExposure: 1000, openOrders: { soft: 5 } }
accounts: { DU1: { leverage: { soft: 1, hard: 1.5 } } }
instruments: { ORCL.STK.SMART.USD: {} }
sessions: { mine: { ordersPerDay: 3 } }
`;
    expect(config({ 'risk.yaml': risk, 'sessions/a.yaml': session('mine') }).limits).toEqual([
      {
        scope: { kind: 'whole' },
        limits: { grossExposure: { soft: null, hard: '1000' }, openOrders: { soft: '5', hard: null } },
      },
      { scope: { kind: 'account', id: 'DU1' }, limits: { leverage: { soft: '1', hard: '1.5' } } },
      { scope: { kind: 'session', id: 'mine' }, limits: { ordersPerDay: { soft: null, hard: '3' } } },
    ]);
  });

  it('halts at losses as risk.yaml says, and at none without it', () => {
    expect(config({}).losses).toEqual({ levels: {}, confirm: 3, action: 'halt' });
    const risk =
      'losses: { dailyLoss: { soft: 100, hard: 250.5 }, drawdown: 10, confirm: 5, action: reduce }';
    expect(config({ 'risk.yaml': risk }).losses).toEqual({
      levels: { dailyLoss: { soft: '100', hard: '250.5' }, drawdown: { soft: null, hard: '10' } },
      ...{ confirm: 5, action: 'reduce' },
    });
  });

  it('closes in steps as risk.yaml says, and by defaults without it', () => {
    const policy = { collarBps: 100, stepNotional: '50000' };
    expect(config({}).flatten).toEqual({ policy, patienceMs: 5_000 });
    const risk = 'flatten: { collar: 20, step: 1000.5, patienceSeconds: 2 }';
    expect(config({ 'risk.yaml': risk }).flatten).toEqual({
      policy: { collarBps: 20, stepNotional: '1000.5' },
      patienceMs: 2_000,
    });
  });

  it.each([
    ['whole: { grosExposure: 1 }', /risk\.yaml:1:\d+ whole.*grosExposure.*did you mean "grossExposure"/],
    ['whole: { grossExposure: -1 }', /risk\.yaml:1:\d+ whole\.grossExposure.*expected a decimal number/],
    [
      'whole: { grossExposure: { soft: 2, hard: 1 } }',
      /risk\.yaml:1:\d+ .*a soft level that is at most the hard one/,
    ],
    [
      'sessions: { mien: { openOrders: 1 } }',
      /risk\.yaml:1:\d+ sessions\.mien.*found no session "mien", did you mean "mine"\?/,
    ],
    [
      'whole: { priceCollar: 50 }\nflatten: { collar: 80 }',
      /risk\.yaml:2:\d+ flatten\.collar: found 80, expected at most 50, the tightest priceCollar/,
    ],
    [
      'whole: { afterOpen: { soft: 5, hard: 10 } }',
      /risk\.yaml:1:\d+ .*a soft level that is at least the hard one/,
    ],
    ['flatten: { step: 0 }', /risk\.yaml:1:\d+ flatten\.step.*expected more than 0/],
  ])('refuses %s with file, line and column', (risk, complaint) => {
    const found = complaints({ 'risk.yaml': risk, 'sessions/a.yaml': session('mine') });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(complaint);
  });

  it('loads the folder that ships, with one session of each kind of strategy', () => {
    const loaded = loadConfig('config', knowledge);
    if (!loaded.ok) throw new Error(loaded.problems.map(problemLine).join('\n'));
    expect(loaded.config.runtime.broker).toEqual({
      marketDataLines: 100,
      host: '127.0.0.1',
      port: 4002,
      clientId: 1,
      mode: 'paper',
      account: null,
      others: [],
      restart: null,
      weeklyLogin: null,
    });
    expect(loaded.config.sessions.map(({ id, strategy }) => [id, strategy])).toEqual([
      ['sp500-sma', 'sma-10-30'],
      ['sp500-rsi', 'rsi-14'],
      ['sp500-enhanced', 'enhanced-default'],
      ['orcl-rsi', 'rsi-14'],
      ['nvda-enhanced', 'enhanced-default'],
    ]);
  });

  it('takes an empty file for all defaults', () => {
    const { runtime, sessions } = config({ 'sessions/later.yaml': '# nothing yet\n' });
    expect(runtime.server).toEqual({ host: '127.0.0.1', port: 7400 });
    expect(runtime.data.maxQuoteAgeMs).toBe(10_000);
    expect(runtime.journal).toEqual({
      detail: 'full',
      keepDays: 30,
      keepMegabytes: 2_048,
      bufferEntries: 50_000,
    });
    expect(runtime.supervision).toEqual({ workingOrders: 'cancelEntries' });
    expect(sessions).toEqual([]);
  });

  it('takes how much the journal keeps, and what becomes of orders when all is given up', () => {
    const { runtime } = config({
      'runtime.yaml':
        'journal: { detail: facts, keepDays: 3650, keepMegabytes: 64, bufferEntries: 1000 }\nsupervision: { workingOrders: leave }',
    });
    expect(runtime.journal).toEqual({
      detail: 'facts',
      keepDays: 3_650,
      keepMegabytes: 64,
      bufferEntries: 1_000,
    });
    expect(runtime.supervision).toEqual({ workingOrders: 'leave' });
  });

  it('freezes what it answers, through and through', () => {
    const { runtime, sessions } = config({ 'sessions/a.yaml': session('a') });
    expect(Object.isFrozen(runtime.broker)).toBe(true);
    expect(Object.isFrozen(sessions[0]?.instrument)).toBe(true);
  });

  it('reads one session or a list from a file, in the order of file names', () => {
    const { sessions } = config({
      'sessions/b.yaml': `- ${session('b1').replaceAll('\n', '\n  ')}\n`,
      'sessions/a.yml': session('a1'),
    });
    expect(sessions.map(({ id }) => id)).toEqual(['a1', 'b1']);
    expect(sessions[0]).toMatchObject({ name: 'a1', origin: 'config', bufferSize: 250 });
  });

  it('names a strategy that is written inline after its session', () => {
    const { sessions, strategies } = config({
      'sessions/a.yaml': session('a').replace('rsi-14', '{ kind: sma, parameters: { fast: 5 } }'),
    });
    expect(sessions[0]?.strategy).toBe('a-strategy');
    expect(strategies).toEqual([
      { name: 'a-strategy', kind: 'sma', notes: null, origin: 'config', parameters: expect.anything() },
    ]);
    expect(strategies[0]?.parameters).toMatchObject({ fast: 5 });
  });

  it('takes quantities and expiries with or without quotes', () => {
    const { sessions, runtime } = config({
      'runtime.yaml':
        'watch: [{ symbol: ESTX50, secType: FUT, exchange: EUREX, currency: EUR, expiry: 202606 }]',
      'sessions/a.yaml': session('a', 'sizing: { kind: fixed, quantity: 10 }'),
      'sessions/b.yaml': session('b', 'sizing: { kind: fixed, quantity: "0.5" }'),
    });
    expect(sessions.map(({ sizing }) => sizing)).toEqual([
      { kind: 'fixed', quantity: '10' },
      { kind: 'fixed', quantity: '0.5' },
    ]);
    expect(runtime.watch[0]?.expiry).toBe('202606');
  });
});

describe('a complaint', () => {
  it.each([
    ['a wrong type', 'server:\n  port: "x"\n', 'runtime.yaml:2:9 server.port: found "x", expected a number'],
    [
      'a fraction',
      'server: { port: 1.5 }',
      'runtime.yaml:1:17 server.port: found "1.5", expected a whole number',
    ],
    [
      'a bound',
      'server: { port: 70000 }',
      'runtime.yaml:1:17 server.port: found "70000", expected at most 65535',
    ],
    [
      'an unknown key',
      'broker:\n  prot: 1\n',
      'runtime.yaml:2:3 broker.prot: found unknown key "prot", did you mean "port"?',
    ],
    [
      'an unknown key like no other',
      'server: { colour: 1 }',
      'runtime.yaml:1:11 server.colour: found unknown key "colour", expected one of host, port',
    ],
    [
      'a missing key',
      'watch:\n  - timeframes: [1d]\n',
      'runtime.yaml:2:5 watch[0].symbol: found nothing, expected a text',
    ],
    [
      'a near miss of a choice',
      'logLevel: wran',
      'runtime.yaml:1:11 logLevel: found "wran", expected one of trace, debug, info, warn, error; did you mean "warn"?',
    ],
    [
      'a number where text is meant',
      'watch: [{ symbol: 700 }]',
      'runtime.yaml:1:19 watch[0].symbol: found "700", expected a text; put it in quotes',
    ],
    [
      'an empty list',
      'watch: [{ symbol: KO, timeframes: [] }]',
      'runtime.yaml:1:35 watch[0].timeframes: found "[]", expected at least 1 entries',
    ],
    [
      'a value left out',
      'server:\n  port:\n',
      'runtime.yaml:2:3 server.port: found nothing, expected a number',
    ],
    ['a list for a map', '- a', 'runtime.yaml:1:1: found "["a"]", expected a map of settings'],
    [
      'a value behind an alias',
      'watch: [&a { symbol: KO, currency: DOLLAR }, *a]',
      'runtime.yaml:1:36 watch[0].currency: found "DOLLAR", expected exactly 3 characters',
    ],
    [
      'a duplicate key',
      'server: {}\nserver: {}\n',
      'runtime.yaml:2:1: found key "server" twice, expected each key once in its map',
    ],
    [
      'a second document',
      'server: {}\n---\nserver: {}\n',
      'runtime.yaml:2:1: found a second document ("---"), expected one document in a file',
    ],
  ])('about %s names place, finding and expectation', (_case, text, expected) => {
    expect(complaints({ 'runtime.yaml': text })).toContain(expected);
  });

  it.each([
    [
      'journal: { detail: all }',
      'runtime.yaml:1:20 journal.detail: found "all", expected one of facts, steps, full',
    ],
    ['journal: { keepDays: 0 }', 'runtime.yaml:1:22 journal.keepDays: found "0", expected at least 1'],
    [
      'journal: { keepDays: 3651 }',
      'runtime.yaml:1:22 journal.keepDays: found "3651", expected at most 3650',
    ],
    [
      'journal: { keepMegabytes: 63 }',
      'runtime.yaml:1:27 journal.keepMegabytes: found "63", expected at least 64',
    ],
    [
      'journal: { bufferEntries: 999 }',
      'runtime.yaml:1:27 journal.bufferEntries: found "999", expected at least 1000',
    ],
    [
      'journal: { bufferEntries: 1000001 }',
      'runtime.yaml:1:27 journal.bufferEntries: found "1000001", expected at most 1000000',
    ],
    [
      'supervision: { workingOrders: cancel }',
      'runtime.yaml:1:31 supervision.workingOrders: found "cancel", expected one of leave, cancelEntries, cancelAll',
    ],
  ])('about %s names the bound or the choices', (text, expected) => {
    expect(complaints({ 'runtime.yaml': text })).toEqual([expected]);
  });

  it('about broken syntax stands on the line of the break', () => {
    expect(complaints({ 'runtime.yaml': 'server:\n  port: [1, 2\nlogLevel: info\n' })[0]).toMatch(
      /^runtime\.yaml:3:\d+: found unreadable YAML \(.+\), expected valid YAML$/,
    );
  });

  it.each([
    [
      'no account',
      '{ mode: live, port: 4001 }',
      /broker\.account: found nothing, expected the number of the live account/,
    ],
    [
      'a paper account',
      '{ mode: live, port: 4001, account: DU1 }',
      /broker\.account: found "DU1", expected an account that fits the mode/,
    ],
    [
      'a paper port',
      '{ mode: live, port: 7497, account: U1 }',
      /broker\.port: found "7497", expected a live port/,
    ],
    [
      'a further paper port',
      '{ mode: live, port: 4001, account: U1, others: [{ port: 4002 }] }',
      /broker\.others: found .*, expected live ports/,
    ],
  ])('about live trading names %s', (_, broker, complaint) => {
    const found = complaints({ 'runtime.yaml': `broker: ${broker}\ngateway: { enabled: false }\n` });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(complaint);
  });

  it('about live trading on the simulated gateway says that it has a paper account only', () => {
    expect(complaints({ 'runtime.yaml': 'broker: { mode: live, port: 4001, account: U1 }' })).toEqual([
      expect.stringMatching(/gateway\.enabled: found .*, expected false in live mode/),
    ]);
    const live = 'broker: { mode: live, port: 4001, account: U1 }\ngateway: { enabled: false }\n';
    expect(complaints({ 'runtime.yaml': live })).toEqual([]);
  });

  it('about a live account in paper mode asks for one that fits', () => {
    expect(complaints({ 'runtime.yaml': 'broker: { account: U1 }' })[0]).toMatch(
      /broker\.account: found "U1", expected an account that fits the mode/,
    );
  });

  it.each([4001, 7496])('about the live port %i asks for a paper port', (port) => {
    expect(complaints({ 'runtime.yaml': `broker: { port: ${port} }` })[0]).toMatch(
      /broker\.port: found "\d+", expected a paper port/,
    );
  });

  it('about a session stands in its file, list or not', () => {
    expect(complaints({ 'sessions/a.yaml': session('a', 'sizing: { kind: percnt }') })).toEqual([
      'sessions/a.yaml:5:17 sizing.kind: found "percnt", expected one of fixed, percent, risk; did you mean "percent"?',
    ]);
    expect(
      complaints({ 'sessions/a.yaml': `- ${session('a', 'tmieframe: 1d').replaceAll('\n', '\n  ')}` }),
    ).toEqual([
      'sessions/a.yaml:5:3 [0].tmieframe: found unknown key "tmieframe", did you mean "timeframe"?',
    ]);
  });

  it('about sizing knows the keys of its kind', () => {
    expect(complaints({ 'sessions/a.yaml': session('a', 'sizing: { kind: risk, percnt: 1 }') })).toEqual([
      'sessions/a.yaml:5:9 sizing.percent: found nothing, expected a number',
      'sessions/a.yaml:5:23 sizing.percnt: found unknown key "percnt", did you mean "percent"?',
    ]);
  });

  it.each(['0', '-1', '"0.00"', '1e30'])('refuses the quantity %s', (quantity) => {
    expect(
      complaints({ 'sessions/a.yaml': session('a', `sizing: { kind: fixed, quantity: ${quantity} }`) })[0],
    ).toContain('expected a decimal number above 0');
  });

  it('about an inline strategy stands inside it', () => {
    const text = session('a').replace('rsi-14', '{ kind: sma, parameters: { fast: 50, slow: 10, fsat: 1 } }');
    const lines = complaints({ 'sessions/a.yaml': text });
    expect(lines).toContain(
      'sessions/a.yaml:4:58 strategy.parameters.fsat: found unknown key "fsat", did you mean "fast"?',
    );
    const kind = complaints({ 'sessions/a.yaml': session('a').replace('rsi-14', '{ kind: smaa }') });
    expect(kind[0]).toMatch(/^sessions\/a\.yaml:4:19 strategy\.kind: found "smaa", expected one of /);
  });

  it('about a duplicate session names both places', () => {
    expect(
      complaints({ 'sessions/a.yaml': session('x'), 'sessions/b.yaml': `# two\n${session('x')}` }),
    ).toEqual([
      'sessions/b.yaml:2:5 id: found "x" again, expected an id of its own; it is also at sessions/a.yaml:1:5',
    ]);
  });

  it('about an unknown strategy lists those that there are', () => {
    const lines = complaints({
      'strategies/own.yaml': '- { name: own, kind: sma }',
      'sessions/a.yaml': session('a').replace('rsi-14', 'rsi-15'),
    });
    expect(lines).toEqual([
      'sessions/a.yaml:4:11 strategy: found "rsi-15", expected one of sma-10-30, rsi-14, enhanced-default, own, or a strategy written here; did you mean "rsi-14"?',
    ]);
  });

  it('about a strategy that takes the name of a built-in one asks for another name', () => {
    expect(complaints({ 'strategies/own.yaml': '- { name: rsi-14, kind: rsi }' })).toEqual([
      'strategies/own.yaml:1:11 [0].name: found "rsi-14", expected a name that no built-in strategy has',
    ]);
  });

  it('never hides another: all files are read', () => {
    const lines = complaints({
      'runtime.yaml': 'logLevel: loud\nserver: { port: -1 }',
      'sessions/a.yaml': session('A b'),
      'strategies/own.yaml': '- { name: own }',
    });
    expect(lines.map((line) => line.split(':')[0])).toEqual([
      'runtime.yaml',
      'runtime.yaml',
      'strategies/own.yaml',
      'sessions/a.yaml',
    ]);
  });

  it('about a missing folder or file is one line', () => {
    const gone = loadConfig(join(dir, 'nowhere'), knowledge);
    expect(gone.ok ? [] : gone.problems.map(problemLine)).toEqual([
      `${join(dir, 'nowhere')}: found no such folder, expected a config folder; name one with --config DIR or TRADEWARDEN_CONFIG`,
    ]);
    const empty = loadConfig(dir, knowledge);
    expect(empty.ok ? [] : empty.problems.map(problemLine)).toEqual([
      `${join(dir, 'runtime.yaml')}: found no such file, expected a YAML file that can be read`,
    ]);
  });
});

describe('configDir', () => {
  it('prefers the flag, then the environment, then "config"', () => {
    expect(configDir('a', { TRADEWARDEN_CONFIG: 'b' })).toBe('a');
    expect(configDir(undefined, { TRADEWARDEN_CONFIG: 'b' })).toBe('b');
    expect(configDir(undefined, {})).toBe('config');
  });
});
