import { type SessionDraft, sessionDraftSchema } from '../../../src/contract/session.schema.ts';

/** What the form holds: texts as typed; the draft's own schema turns them into a draft or into complaints. */
export interface SessionForm {
  id: string;
  name: string;
  /** Id of a watched instrument, or `typed`. */
  instrumentId: string;
  typed: {
    symbol: string;
    secType: SessionDraft['instrument']['secType'];
    exchange: string;
    currency: string;
  };
  timeframe: SessionDraft['timeframe'];
  strategy: string;
  sizingKind: 'fixed' | 'percent' | 'risk';
  sizingValue: string;
  orderType: 'MKT' | 'LMT';
  limitOffsetBps: string;
  allowShort: boolean;
  bufferSize: string;
  thread: SessionDraft['thread'];
  onDifference: SessionDraft['onDifference'];
  active: boolean;
}

export const TYPED = 'typed';

export const emptyForm = (): SessionForm => ({
  id: '',
  name: '',
  instrumentId: '',
  typed: { symbol: '', secType: 'STK', exchange: 'SMART', currency: 'USD' },
  timeframe: '1d',
  strategy: '',
  sizingKind: 'percent',
  sizingValue: '10',
  orderType: 'MKT',
  limitOffsetBps: '0',
  allowShort: false,
  bufferSize: '250',
  thread: 'main',
  onDifference: 'adopt',
  active: true,
});

/** A number out of a typed text; NaN, which every schema refuses, when it is none. */
const typedNumber = (text: string): number =>
  text.trim() === '' ? Number.NaN : Number(text.replace(',', '.'));

/** The draft that the form means, not yet checked. `key` names the chosen watched instrument. */
export function draftOf(form: SessionForm, key: SessionDraft['instrument'] | null): unknown {
  const { symbol, exchange, currency, secType } = form.typed;
  const typed = {
    symbol: symbol.trim().toUpperCase(),
    secType,
    exchange: exchange.trim().toUpperCase(),
    currency: currency.trim().toUpperCase(),
  };
  return {
    id: form.id.trim(),
    ...(form.name.trim() === '' ? {} : { name: form.name.trim() }),
    instrument: form.instrumentId === TYPED ? typed : (key ?? { symbol: '' }),
    timeframe: form.timeframe,
    strategy: form.strategy,
    sizing:
      form.sizingKind === 'fixed'
        ? { kind: 'fixed', quantity: form.sizingValue.trim().replace(',', '.') }
        : { kind: form.sizingKind, percent: typedNumber(form.sizingValue) },
    orderType: form.orderType,
    limitOffsetBps: typedNumber(form.limitOffsetBps),
    allowShort: form.allowShort,
    bufferSize: typedNumber(form.bufferSize),
    thread: form.thread,
    onDifference: form.onDifference,
    active: form.active,
  };
}

/** Checks the form with the same schema as the server. */
export const checkForm = (form: SessionForm, key: SessionDraft['instrument'] | null) =>
  sessionDraftSchema.safeParse(draftOf(form, key));

/** Proposes an id: symbol, strategy and bar size in the letters that ids allow. */
export function proposeId(symbol: string, strategy: string, timeframe: string): string {
  return [symbol, strategy, timeframe]
    .join('-')
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
}
