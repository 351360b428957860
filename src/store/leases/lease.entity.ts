import { defineEntity, p } from '@mikro-orm/core';

/** Who may act for a name. The row outlives its holders, so that an epoch is never given twice. */
export const LeaseEntity = defineEntity({
  name: 'Lease',
  tableName: 'leases',
  properties: {
    name: p.text().primary(),
    epoch: p.bigint('number'),
    /** "" after a release. */
    holder: p.text(),
    /** Both by the database's clock. */
    acquiredAt: p.datetime(3),
    expiresAt: p.datetime(3),
  },
});
