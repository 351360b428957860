import { decimal } from '../domain/decimal.ts';
import { scopeWords } from './limit.words.ts';
import type { LimitName } from './limits.ts';
import type { Bound, BoundedBy, FindingKind, PlanFinding } from './worst-case.logic.ts';

const figures: Readonly<Partial<Record<LimitName, string>>> = {
  orderQuantity: 'orders of {} units',
  position: 'a position of {} units',
  orderNotional: 'orders worth {}',
  grossExposure: 'a gross exposure of {}',
  netExposure: 'a net exposure of {}',
  leverage: 'a leverage of {}',
  concentration: '{} percent in one instrument',
  ordersPerMinute: '{} orders in a minute',
  ordersPerDay: '{} orders in a day',
};

const kinds: Readonly<Record<FindingKind, readonly [verb: string, allowed: string]>> = {
  refused: ['is declared to reach', 'allowed up to'],
  warned: ['is declared to reach', 'warned of above'],
  held: ['could reach', 'and will be held at'],
};

const bounds: Readonly<Partial<Record<BoundedBy, string>>> = {
  sizing: 'by how it is declared',
  sessions: 'all sessions at once',
  holding: 'all that is held becomes worthless',
};

const number = (text: string): string => decimal(text).toDecimalPlaces(2).toFixed();

/** What was found of a session, or of all together, in one sentence with the figures. */
export function findingWords({ kind, session, limit, scope, found, allowed }: PlanFinding): string {
  const [verb, level] = kinds[kind];
  const who = session === null ? 'everything together' : `session ${session}`;
  const figure = (figures[limit] ?? `${limit} {}`).replace('{}', number(found));
  return `${who} ${verb} ${figure}, ${level} ${number(allowed)} for ${scopeWords(scope)} (${limit})`;
}

/** A bound and what it comes from, such as `100000 (orderNotional)`. */
export const boundWords = ({ most, by }: Bound): string =>
  most === null || by === null ? 'not bounded' : `${number(most)} (${bounds[by] ?? by})`;
