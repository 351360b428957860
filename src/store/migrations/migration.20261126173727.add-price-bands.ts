import { Migration } from '@mikro-orm/migrations';

export class Migration20261126173727_add_price_bands extends Migration {
  override name = 'Migration20261126173727_add_price_bands';

  override up(): void | Promise<void> {
    this.addSql(`alter table "instruments" add "price_bands" jsonb null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "instruments" drop column "price_bands";`);
  }
}
