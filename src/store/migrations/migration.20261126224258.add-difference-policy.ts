import { Migration } from '@mikro-orm/migrations';

export class Migration20261126224258_add_difference_policy extends Migration {
  override name = 'Migration20261126224258_add_difference_policy';

  override up(): void | Promise<void> {
    this.addSql(`alter table "sessions" add "on_difference" text not null default 'adopt';`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "sessions" drop column "on_difference";`);
  }
}
