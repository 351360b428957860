import { Migration } from '@mikro-orm/migrations';

export class Migration20261127011922_add_order_terms extends Migration {
  override name = 'Migration20261127011922_add_order_terms';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "order_commands" ("id" bigserial primary key, "ref" text not null, "kind" text not null, "quantity" numeric null, "limit_price" numeric null, "stop_price" numeric null, "trail_amount" numeric null, "trail_percent" numeric null, "limit_offset" numeric null, "reason" text null, "created_at" bigint not null);`,
    );
    this.addSql(`create index "order_commands_ref_index" on "order_commands" ("ref");`);

    this.addSql(
      `alter table "orders" add "stop_price" numeric null, add "trail_amount" numeric null, add "trail_percent" numeric null, add "limit_offset" numeric null, add "parent_ref" text null;`,
    );
    this.addSql(`create index "orders_parent_ref_index" on "orders" ("parent_ref");`);

    this.addSql(
      `alter table "order_intents" add "stop_price" numeric null, add "trail_amount" numeric null, add "trail_percent" numeric null, add "limit_offset" numeric null, add "parent_ref" text null;`,
    );

    this.addSql(
      `create or replace function "order_commands_append_only_fn"() returns trigger as $$ begin raise exception 'order_commands is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "append_only" BEFORE UPDATE OR DELETE on "order_commands" for each ROW execute function "order_commands_append_only_fn"();`,
    );
    this.addSql(
      `create or replace function "order_commands_no_truncate_fn"() returns trigger as $$ begin raise exception 'order_commands is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "no_truncate" BEFORE TRUNCATE on "order_commands" for each STATEMENT execute function "order_commands_no_truncate_fn"();`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop trigger if exists "append_only" on "order_commands";`);
    this.addSql(`drop function if exists "order_commands_append_only_fn"();`);
    this.addSql(`drop trigger if exists "no_truncate" on "order_commands";`);
    this.addSql(`drop function if exists "order_commands_no_truncate_fn"();`);
    this.addSql(`drop table if exists "order_commands" cascade;`);

    this.addSql(
      `alter table "order_intents" drop column "stop_price", drop column "trail_amount", drop column "trail_percent", drop column "limit_offset", drop column "parent_ref";`,
    );

    this.addSql(`drop index "orders_parent_ref_index";`);
    this.addSql(
      `alter table "orders" drop column "stop_price", drop column "trail_amount", drop column "trail_percent", drop column "limit_offset", drop column "parent_ref";`,
    );
  }
}
