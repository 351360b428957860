import { defineEntity, p } from '@mikro-orm/core';
import type { Timeframe } from '../../../machines/domain/bar.ts';
import type {
  DeciderThread,
  DifferencePolicy,
  SessionDefinition,
  SessionOrderType,
} from '../../../machines/domain/session.ts';

/** What a person wants of a session; what it really does is its actor's business. */
export type DesiredState = 'running' | 'paused' | 'stopped';

export const SessionEntity = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    instrument: p.json<unknown>(),
    timeframe: p.text().$type<Timeframe>(),
    strategy: p.text(),
    sizing: p.json<unknown>(),
    orderType: p.text().$type<SessionOrderType>(),
    limitOffsetBps: p.double().$type<number>(),
    allowShort: p.boolean(),
    bufferSize: p.integer(),
    thread: p.text().$type<DeciderThread>().default('main'),
    onDifference: p.text().$type<DifferencePolicy>().default('adopt'),
    active: p.boolean(),
    origin: p.text().$type<SessionDefinition['origin']>(),
    desired: p.text().$type<DesiredState>(),
    createdAt: p.datetime(3).defaultRaw('now()'),
    updatedAt: p.datetime(3).defaultRaw('now()'),
  },
});
