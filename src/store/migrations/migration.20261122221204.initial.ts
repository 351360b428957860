import { Migration } from '@mikro-orm/migrations';

export class Migration20261122221204_initial extends Migration {
  override name = 'Migration20261122221204_initial';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "account_values" ("account" text not null, "key" text not null, "currency" text not null, "value" text null, "at" bigint not null, primary key ("account", "key", "currency"));`,
    );

    this.addSql(
      `create table "app_state" ("key" text not null, "value" jsonb not null, "updated_at" timestamptz(3) not null default now(), primary key ("key"));`,
    );

    this.addSql(
      `create table "backtests" ("id" serial primary key, "name" text not null, "strategy" text not null, "parameters" jsonb not null, "metrics" jsonb not null, "created_at" timestamptz(3) not null default now());`,
    );

    this.addSql(
      `create table "bars" ("series_id" int not null, "time" bigint not null, "open" double precision not null, "high" double precision not null, "low" double precision not null, "close" double precision not null, "volume" double precision not null, primary key ("series_id", "time"));`,
    );

    this.addSql(
      `create table "bar_series" ("id" serial primary key, "instrument_id" text not null, "timeframe" text not null);`,
    );
    this.addSql(
      `alter table "bar_series" add constraint "bar_series_instrument_id_timeframe_unique" unique ("instrument_id", "timeframe");`,
    );

    this.addSql(
      `create table "commission_reports" ("exec_id" text not null, "commission" numeric not null, "currency" text not null, "realized_pnl" numeric null, "recorded_at" bigint not null, primary key ("exec_id"));`,
    );
    this.addSql(
      `create or replace function "commission_reports_append_only_fn"() returns trigger as $$ begin raise exception 'commission_reports is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "append_only" BEFORE UPDATE OR DELETE on "commission_reports" for each ROW execute function "commission_reports_append_only_fn"();`,
    );
    this.addSql(
      `create or replace function "commission_reports_no_truncate_fn"() returns trigger as $$ begin raise exception 'commission_reports is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "no_truncate" BEFORE TRUNCATE on "commission_reports" for each STATEMENT execute function "commission_reports_no_truncate_fn"();`,
    );

    this.addSql(
      `create table "decisions" ("session_id" text not null, "bar_time" bigint not null, "instrument_id" text not null, "at" bigint not null, "close" double precision not null, "signal" text not null, "outcome" text not null, "guard" text null, "reason" text not null, "values" jsonb not null, "proposal" jsonb null, "order_ref" text null, primary key ("session_id", "bar_time"));`,
    );
    this.addSql(
      `create or replace function "decisions_append_only_fn"() returns trigger as $$ begin raise exception 'decisions is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "append_only" BEFORE UPDATE OR DELETE on "decisions" for each ROW execute function "decisions_append_only_fn"();`,
    );
    this.addSql(
      `create or replace function "decisions_no_truncate_fn"() returns trigger as $$ begin raise exception 'decisions is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "no_truncate" BEFORE TRUNCATE on "decisions" for each STATEMENT execute function "decisions_no_truncate_fn"();`,
    );

    this.addSql(
      `create table "executions" ("exec_id" text not null, "exec_root" text not null, "exec_revision" int not null, "order_key" text not null, "source" text not null, "perm_id" bigint not null, "order_id" bigint not null, "client_id" bigint not null, "order_ref" text null, "account" text not null, "instrument_id" text not null, "symbol" text not null, "side" text not null, "quantity" numeric not null, "price" numeric not null, "time" bigint not null, "recorded_at" bigint not null, primary key ("exec_id"));`,
    );
    this.addSql(`create index "executions_order_key_index" on "executions" ("order_key");`);
    this.addSql(`create index "executions_recorded_at_index" on "executions" ("recorded_at");`);
    this.addSql(`create index "executions_time_index" on "executions" ("time");`);
    this.addSql(
      `create or replace function "executions_append_only_fn"() returns trigger as $$ begin raise exception 'executions is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "append_only" BEFORE UPDATE OR DELETE on "executions" for each ROW execute function "executions_append_only_fn"();`,
    );
    this.addSql(
      `create or replace function "executions_no_truncate_fn"() returns trigger as $$ begin raise exception 'executions is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "no_truncate" BEFORE TRUNCATE on "executions" for each STATEMENT execute function "executions_no_truncate_fn"();`,
    );

    this.addSql(
      `create table "instruments" ("id" text not null, "symbol" text not null, "sec_type" text not null, "exchange" text not null, "currency" text not null, "primary_exchange" text null, "expiry" text null, "con_id" bigint not null, "long_name" text not null, "min_tick" numeric not null, "multiplier" numeric not null, "time_zone" text not null, "trading_hours" text not null, "liquid_hours" text not null, "updated_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );

    this.addSql(
      `create table "leases" ("name" text not null, "epoch" bigint not null, "holder" text not null, "acquired_at" timestamptz(3) not null, "expires_at" timestamptz(3) not null, primary key ("name"));`,
    );

    this.addSql(
      `create table "orders" ("key" text not null, "instrument_id" text not null, "side" text not null, "quantity" numeric not null, "limit_price" numeric null, "bar_time" bigint null, "created_at" bigint not null, "source" text not null, "session_id" text null, "is_foreign" boolean not null, "symbol" text not null, "order_type" text not null, "time_in_force" text null, "purpose" text null, "reason" text null, "state" text not null, "perm_ids" bigint[] not null default '{}', "order_id" bigint null, "client_id" bigint null, "account" text null, "filled" numeric not null default '0', "average_price" numeric null, "message" text null, "updated_at" bigint not null, primary key ("key"));`,
    );
    this.addSql(`create index "orders_created_at_index" on "orders" ("created_at");`);
    this.addSql(`create index "orders_state_index" on "orders" ("state");`);
    this.addSql(`create index "orders_perm_ids_index" on "orders" using gin ("perm_ids");`);

    this.addSql(
      `create table "order_intents" ("ref" text not null, "instrument_id" text not null, "side" text not null, "quantity" numeric not null, "limit_price" numeric null, "bar_time" bigint null, "created_at" bigint not null, "source" text not null, "session_id" text null, "order_type" text not null, "time_in_force" text not null, "purpose" text not null, "reason" text not null, "lease_name" text null, "lease_epoch" bigint null, primary key ("ref"));`,
    );
    this.addSql(
      `create or replace function "order_intents_append_only_fn"() returns trigger as $$ begin raise exception 'order_intents is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "append_only" BEFORE UPDATE OR DELETE on "order_intents" for each ROW execute function "order_intents_append_only_fn"();`,
    );
    this.addSql(
      `create or replace function "order_intents_no_truncate_fn"() returns trigger as $$ begin raise exception 'order_intents is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "no_truncate" BEFORE TRUNCATE on "order_intents" for each STATEMENT execute function "order_intents_no_truncate_fn"();`,
    );

    this.addSql(
      `create table "positions" ("account" text not null, "instrument_id" text not null, "symbol" text not null, "quantity" numeric not null, "average_cost" numeric null, "at" bigint not null, primary key ("account", "instrument_id"));`,
    );

    this.addSql(
      `create table "position_history" ("id" bigserial primary key, "account" text not null, "instrument_id" text not null, "symbol" text not null, "quantity" numeric not null, "average_cost" numeric null, "at" bigint not null);`,
    );
    this.addSql(
      `create index "position_history_account_instrument_id_at_index" on "position_history" ("account", "instrument_id", "at");`,
    );
    this.addSql(
      `create or replace function "position_history_append_only_fn"() returns trigger as $$ begin raise exception 'position_history is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "append_only" BEFORE UPDATE OR DELETE on "position_history" for each ROW execute function "position_history_append_only_fn"();`,
    );
    this.addSql(
      `create or replace function "position_history_no_truncate_fn"() returns trigger as $$ begin raise exception 'position_history is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "no_truncate" BEFORE TRUNCATE on "position_history" for each STATEMENT execute function "position_history_no_truncate_fn"();`,
    );

    this.addSql(
      `create table "sessions" ("id" text not null, "name" text not null, "instrument" jsonb not null, "timeframe" text not null, "strategy" text not null, "sizing" jsonb not null, "order_type" text not null, "limit_offset_bps" double precision not null, "allow_short" boolean not null, "buffer_size" int not null, "active" boolean not null, "origin" text not null, "desired" text not null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );

    this.addSql(
      `create table "strategies" ("name" text not null, "kind" text not null, "parameters" jsonb not null, "notes" text null, "origin" text not null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("name"));`,
    );

    this.addSql(
      `create table "web_sessions" ("token_hash" text not null, "created_at" timestamptz(3) not null default now(), "expires_at" timestamptz(3) not null, primary key ("token_hash"));`,
    );
    this.addSql(`create index "web_sessions_expires_at_index" on "web_sessions" ("expires_at");`);
  }
}
