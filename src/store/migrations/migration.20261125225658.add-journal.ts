import { Migration } from '@mikro-orm/migrations';

export class Migration20261125225658_add_journal extends Migration {
  override name = 'Migration20261125225658_add_journal';

  override up(): void | Promise<void> {
    // Partitioned, which MikroORM was not told. The first partition is made by the first write.
    this.addSql(
      `create table "journal" ("seq" bigint not null, "run" int not null, "at" double precision not null, "actor" text collate "C" not null, "kind" text collate "C" not null, "cause" bigint null, "version" int null, "data" json not null, primary key ("seq", "run")) partition by range ("seq");`,
    );
    this.addSql(`create index "journal_actor_seq_index" on "journal" ("actor", "seq");`);
    this.addSql(`create index "journal_kind_seq_index" on "journal" ("kind", "seq");`);
    this.addSql(`create index "journal_at_index" on "journal" ("at");`);

    this.addSql(
      `create table "journal_runs" ("run" serial primary key, "started_at" bigint not null, "program" text not null, "host" text not null, "pid" int not null);`,
    );

    this.addSql(
      `create table "journal_versions" ("id" serial primary key, "machine_id" text not null, "machine_hash" text not null, "config_hash" text not null, "program" text not null);`,
    );
    this.addSql(
      `alter table "journal_versions" add constraint "journal_versions_machine_id_machine_hash_config_h_18ce4_unique" unique ("machine_id", "machine_hash", "config_hash", "program");`,
    );

    this.addSql(
      `create or replace function "journal_append_only_fn"() returns trigger as $$ begin raise exception 'journal is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "append_only" BEFORE UPDATE OR DELETE on "journal" for each ROW execute function "journal_append_only_fn"();`,
    );
    this.addSql(
      `create or replace function "journal_no_truncate_fn"() returns trigger as $$ begin raise exception 'journal is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "no_truncate" BEFORE TRUNCATE on "journal" for each STATEMENT execute function "journal_no_truncate_fn"();`,
    );

    this.addSql(
      `create or replace function "journal_runs_append_only_fn"() returns trigger as $$ begin raise exception 'journal_runs is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "append_only" BEFORE UPDATE OR DELETE on "journal_runs" for each ROW execute function "journal_runs_append_only_fn"();`,
    );
    this.addSql(
      `create or replace function "journal_runs_no_truncate_fn"() returns trigger as $$ begin raise exception 'journal_runs is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "no_truncate" BEFORE TRUNCATE on "journal_runs" for each STATEMENT execute function "journal_runs_no_truncate_fn"();`,
    );

    this.addSql(
      `create or replace function "journal_versions_append_only_fn"() returns trigger as $$ begin raise exception 'journal_versions is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "append_only" BEFORE UPDATE OR DELETE on "journal_versions" for each ROW execute function "journal_versions_append_only_fn"();`,
    );
    this.addSql(
      `create or replace function "journal_versions_no_truncate_fn"() returns trigger as $$ begin raise exception 'journal_versions is append-only'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "no_truncate" BEFORE TRUNCATE on "journal_versions" for each STATEMENT execute function "journal_versions_no_truncate_fn"();`,
    );
  }
}
