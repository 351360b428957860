import { describe, expect, it } from 'vitest';
import { createI18n } from 'vue-i18n';
import { journalKinds } from '../../machines/domain/journal.ts';
import type { JournalEntryView } from '../../src/contract/supervision.schema.ts';
import { entryWords, stateWords } from '../../ui/components/journal/journal-words.ts';
import en from '../../ui/locales/en.json';
import fr from '../../ui/locales/fr.json';

const i18n = (locale: 'en' | 'fr') => createI18n({ legacy: false, locale, messages: { en, fr } }).global;
const say = (kind: JournalEntryView['kind'], data: unknown, locale: 'en' | 'fr' = 'en') => {
  const { t, te } = i18n(locale);
  const entry = { seq: 1, at: 1, actor: 'root', kind, cause: null, version: null, data };
  return entryWords(entry, { t: (key, values) => t(key, values ?? {}), te, span: (ms) => `${ms} ms` });
};

describe('an entry of the journal in words', () => {
  it.each([
    ['spawn', { src: 'session', generation: 1, state: 'idle' }, 'Started, in idle'],
    ['spawn', { src: 'session', generation: 3 }, 'Started, start number 3'],
    ['step', { event: { type: 'go' }, from: 'idle', to: { a: 'b', c: 'd' } }, 'go: idle → a.b + c.d'],
    ['step', { event: { type: 'go' }, from: 'idle' }, 'go, stays in idle'],
    ['event', { event: { type: 'tick' } }, 'Was sent tick'],
    ['crash', { error: { message: 'boom' }, event: { type: 'go' } }, 'Failed on go: boom'],
    ['crash', { error: { message: 'boom' }, event: null }, 'Failed: boom'],
    [
      'report',
      { context: 'shutdown', offender: 'a', reason: 'too often' },
      'Supervisor gave up, a: too often',
    ],
    ['report', { context: 'newerThanThis', reason: 'so' }, 'newerThanThis: so'],
    ['deadLetter', { eventType: 'go', reason: 'mailboxFull' }, 'go reached nobody: Its mailbox was full'],
    ['decision', { guard: 'noSignal', reason: 'flat' }, 'No signal: flat'],
    ['recovery', { id: 'spx', ms: 40 }, 'spx stood again after 40 ms'],
    ['detail', { detail: 'facts', cause: 'full buffer' }, 'Now records: Facts only: full buffer'],
    ['gap', { count: 7 }, '7 entries were lost'],
    ['fault', { message: 'unhandled rejection' }, 'unhandled rejection'],
  ] as const)('%s %j', (kind, data, words) => {
    expect(say(kind, data)).toBe(words);
  });

  it.each(['en', 'fr'] as const)('has words in %s for every kind whose data say nothing', (locale) => {
    for (const kind of journalKinds) {
      for (const data of [null, {}, 'x', [], { event: null, error: null }]) {
        const words = say(kind, data, locale);
        expect(words.trim(), kind).not.toBe('');
        expect(words, kind).not.toMatch(/entry\.|undefined|null|\{/);
      }
    }
  });

  it('never reads what an object inherits', () => {
    expect(say('fault', { message: undefined })).toBe('Something failed');
    expect(stateWords({})).toBe('');
  });
});
