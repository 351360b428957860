import { defineEntity, p } from '@mikro-orm/core';
import type { JournalKind, Json } from '../../../machines/domain/journal.ts';
import { appendOnly } from '../append-only.ts';

/**
 * Partitioned by range of `seq`, which MikroORM is not told: the repository makes and drops the partitions.
 * Collation "C" orders texts by their bytes, so that what stands below a path is one range of the index.
 */
export const JournalEntity = defineEntity({
  name: 'Journal',
  tableName: 'journal',
  properties: {
    seq: p.bigint('number').primary(),
    run: p.integer().primary(),
    /** Epoch ms with fraction. */
    at: p.double().$type<number>(),
    actor: p.text().collation('C'),
    kind: p.text().$type<JournalKind>().collation('C'),
    cause: p.bigint('number').strictNullable(),
    version: p.integer().strictNullable(),
    /** Not jsonb: kept to the letter, also what jsonb refuses (NUL), and a fifth less work for the database. */
    data: p.json<Json>().columnType('json'),
  },
  indexes: [{ properties: ['actor', 'seq'] }, { properties: ['kind', 'seq'] }, { properties: ['at'] }],
  triggers: appendOnly('journal'),
});

/** One row for each process that wrote, or would have written. */
export const JournalRunEntity = defineEntity({
  name: 'JournalRun',
  tableName: 'journal_runs',
  properties: {
    run: p.integer().primary().autoincrement(),
    startedAt: p.bigint('number'),
    program: p.text(),
    host: p.text(),
    pid: p.integer(),
  },
  triggers: appendOnly('journal_runs'),
});

export const JournalVersionEntity = defineEntity({
  name: 'JournalVersion',
  tableName: 'journal_versions',
  properties: {
    id: p.integer().primary().autoincrement(),
    machineId: p.text(),
    machineHash: p.text(),
    configHash: p.text(),
    program: p.text(),
  },
  uniques: [{ properties: ['machineId', 'machineHash', 'configHash', 'program'] }],
  triggers: appendOnly('journal_versions'),
});
