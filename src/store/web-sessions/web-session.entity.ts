import { defineEntity, p } from '@mikro-orm/core';

/** A browser that is logged in. Only the token's SHA-256 is kept. */
export const WebSessionEntity = defineEntity({
  name: 'WebSession',
  tableName: 'web_sessions',
  properties: {
    tokenHash: p.text().primary(),
    createdAt: p.datetime(3).defaultRaw('now()'),
    expiresAt: p.datetime(3),
  },
  indexes: [{ properties: ['expiresAt'] }],
});
