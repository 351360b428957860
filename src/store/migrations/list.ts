import { Migration20261122221204_initial } from './migration.20261122221204.initial.ts';
import { Migration20261125225658_add_journal } from './migration.20261125225658.add-journal.ts';
import { Migration20261125230210_add_session_thread } from './migration.20261125230210.add-session-thread.ts';
import { Migration20261126173727_add_price_bands } from './migration.20261126173727.add-price-bands.ts';
import { Migration20261126224258_add_difference_policy } from './migration.20261126224258.add-difference-policy.ts';
import { Migration20261127011922_add_order_terms } from './migration.20261127011922.add-order-terms.ts';

/** Every migration in the order of its making; a name, once released, is never changed. */
export const migrations = [
  { name: 'Migration20261122221204_initial', class: Migration20261122221204_initial },
  { name: 'Migration20261125225658_add_journal', class: Migration20261125225658_add_journal },
  {
    name: 'Migration20261125230210_add_session_thread',
    class: Migration20261125230210_add_session_thread,
  },
  { name: 'Migration20261126173727_add_price_bands', class: Migration20261126173727_add_price_bands },
  {
    name: 'Migration20261126224258_add_difference_policy',
    class: Migration20261126224258_add_difference_policy,
  },
  { name: 'Migration20261127011922_add_order_terms', class: Migration20261127011922_add_order_terms },
];
