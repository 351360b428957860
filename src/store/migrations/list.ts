import { Migration20261122221204_initial } from './migration.20261122221204.initial.ts';

/** Every migration in the order of its making; a name, once released, is never changed. */
export const migrations = [
  { name: 'Migration20261122221204_initial', class: Migration20261122221204_initial },
];
