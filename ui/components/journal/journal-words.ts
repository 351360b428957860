import type { JournalEntryView } from '../../../src/contract/supervision.schema.ts';

/** What is needed of the page's language. */
export interface EntryWords {
  readonly t: (key: string, values?: Record<string, unknown>) => string;
  readonly te: (key: string) => boolean;
  readonly span: (ms: number) => string;
}

/** The value at a path of recorded data; undefined where it does not lead. */
function valueAt(data: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? Reflect.get(value, key)
          : undefined,
      data,
    );
}

/** The first of some paths that leads to a text or a number. */
function textAt(data: unknown, ...paths: string[]): string | null {
  for (const path of paths) {
    const value = valueAt(data, path);
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return null;
}

/** A recorded state value as its chart names it, e.g. `link.up + socket.open`; empty when there is none. */
export function stateWords(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, inner]) => {
      const rest = stateWords(inner);
      return rest === '' ? key : `${key}.${rest}`;
    })
    .join(' + ');
}

export function entryTone(kind: JournalEntryView['kind']): '' | 'info' | 'warn' | 'danger' {
  if (kind === 'crash' || kind === 'fault') return 'danger';
  if (kind === 'deadLetter' || kind === 'gap' || kind === 'detail' || kind === 'restart') return 'warn';
  return kind === 'decision' || kind === 'recovery' ? 'info' : '';
}

/** An entry in one sentence. What its data do not hold is left out: every kind has words that need nothing. */
export function entryWords({ kind, data }: JournalEntryView, { t, te, span }: EntryWords): string {
  const say = (name: string, values: Record<string, unknown> = {}) => t(`entry.${name}`, values);
  const known = (group: string, word: string) => (te(`${group}.${word}`) ? t(`${group}.${word}`) : word);
  const type = textAt(data, 'event.type', 'eventType', 'type');
  const message = textAt(data, 'error.message', 'message', 'reason', 'error');
  const count = textAt(data, 'count', 'entries', 'lost', 'dropped');
  switch (kind) {
    case 'spawn': {
      const state = stateWords(valueAt(data, 'state'));
      const again = Number(valueAt(data, 'generation')) > 1;
      const start = again ? say('startedAgain', { n: valueAt(data, 'generation') }) : say('started');
      return state === '' ? start : say('inState', { what: start, state });
    }
    case 'step': {
      const [from, to] = [stateWords(valueAt(data, 'from')), stateWords(valueAt(data, 'to'))];
      const what = type ?? say('anEvent');
      return to === '' || to === from
        ? say('stayed', { what, state: from })
        : say('moved', { what, from, to });
    }
    case 'event':
      return say('sent', { what: type ?? say('anEvent') });
    case 'crash': {
      const why = message ?? say('noReason');
      return type === null ? say('failed', { why }) : say('failedOn', { what: type, why });
    }
    case 'report': {
      const context = textAt(data, 'context');
      const about = context === null ? say('aReport') : known('reports.contexts', context);
      const offender = textAt(data, 'offender');
      const named = offender === null ? about : say('about', { what: about, offender });
      return message === null ? named : say('because', { what: named, why: message });
    }
    case 'deadLetter': {
      const what = type ?? say('anEvent');
      const why = textAt(data, 'reason');
      const lost = say('undelivered', { what });
      return why === null ? lost : say('because', { what: lost, why: known('letters.reasons', why) });
    }
    case 'decision': {
      const guard = textAt(data, 'guard');
      const what = guard === null ? say('decided') : known('guard', guard);
      const why = textAt(data, 'reason');
      return why === null ? what : say('because', { what, why });
    }
    case 'recovery': {
      const ms = valueAt(data, 'ms');
      const who = textAt(data, 'id') ?? '';
      return typeof ms === 'number' ? say('recoveredIn', { who, time: span(ms) }) : say('recovered', { who });
    }
    case 'detail': {
      const detail = textAt(data, 'detail', 'to');
      const what = detail === null ? say('detail') : say('detailNow', { detail: known('detail', detail) });
      const why = textAt(data, 'cause');
      return why === null ? what : say('because', { what, why });
    }
    case 'gap':
    case 'retention':
    case 'ticks':
      return count === null ? say(kind) : say(`${kind}Of`, { n: count });
    case 'fault':
      return message ?? say('fault');
    case 'run':
    case 'checkpoint':
    case 'stop':
    case 'restart': {
      const why = message ?? textAt(data, 'cause');
      return why === null ? say(kind) : say('because', { what: say(kind), why });
    }
  }
}
