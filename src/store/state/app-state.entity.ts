import { defineEntity, p } from '@mikro-orm/core';

/** Single facts of the whole installation, e.g. the risk state. */
export const AppStateEntity = defineEntity({
  name: 'AppState',
  tableName: 'app_state',
  properties: {
    key: p.text().primary(),
    value: p.json<unknown>(),
    updatedAt: p.datetime(3).defaultRaw('now()'),
  },
});
