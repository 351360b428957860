import { Migration } from '@mikro-orm/migrations';

export class Migration20261125230210_add_session_thread extends Migration {
  override name = 'Migration20261125230210_add_session_thread';

  override up(): void | Promise<void> {
    this.addSql(`alter table "sessions" add "thread" text not null default 'main';`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "sessions" drop column "thread";`);
  }
}
