CREATE EXTENSION IF NOT EXISTS citext;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE place AS (city text, zip int);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE people (id int PRIMARY KEY, email citext UNIQUE, feels mood, tags text[], more jsonb, home place, age positive,
    double_age int GENERATED ALWAYS AS (age * 2) STORED, "Select" int, "weird "" name" text, born date, boss int REFERENCES people ON DELETE SET NULL);
INSERT INTO people (id, email, feels, tags, more, home, age, "Select", "weird "" name", born, boss)
    SELECT n, 'P' || n || '@X.org', (ARRAY['sad', 'ok', 'happy']::mood[])[1 + n % 3], ARRAY['t' || n % 4, 'all'], jsonb_build_object('n', n, 'vip', n % 5 = 0),
    ROW('city' || n % 6, n)::place, 1 + n % 80, n % 10, 'x' || n, date '2000-01-01' + n, NULLIF(n / 10, 0) FROM generate_series(1, 200) n;
CREATE TABLE "Order" ("ID" int PRIMARY KEY, who int REFERENCES people ON DELETE CASCADE, "group" text, price numeric);
INSERT INTO "Order" SELECT n, 1 + n % 200, 'g' || n % 3, n FROM generate_series(1, 600) n;
CREATE TABLE "Größe" (id int, "naïve" text); INSERT INTO "Größe" SELECT n, 'n' || n FROM generate_series(1, 7) n;
CREATE TABLE lines (order_id int REFERENCES "Order" ON DELETE CASCADE, line int, what text, PRIMARY KEY (order_id, line));
INSERT INTO lines SELECT n, l, 'w' FROM generate_series(1, 300) n, generate_series(1, 2) l;
CREATE TABLE region (code text, at date, value int) PARTITION BY LIST (code);
CREATE TABLE region_de PARTITION OF region FOR VALUES IN ('de') PARTITION BY RANGE (at);
CREATE TABLE region_de_1 PARTITION OF region_de FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
CREATE TABLE region_de_2 PARTITION OF region_de FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
CREATE TABLE region_rest PARTITION OF region DEFAULT;
INSERT INTO region SELECT (ARRAY['de', 'fr', 'it'])[1 + n % 3], date '2026-01-01' + n, n FROM generate_series(0, 299) n;
CREATE TABLE hashed (id int, v text) PARTITION BY HASH (id);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO hashed SELECT n, 'v' FROM generate_series(1, 100) n;
CREATE TABLE animal (id int, name text); CREATE TABLE dog (tail int) INHERITS (animal); CREATE TABLE puppy (months int) INHERITS (dog);
INSERT INTO animal SELECT n, 'a' FROM generate_series(1, 10) n; INSERT INTO dog SELECT n, 'd', 1 FROM generate_series(5, 20) n;
INSERT INTO puppy SELECT n, 'p', 1, 2 FROM generate_series(15, 30) n;
CREATE VIEW adults AS SELECT id, email, age FROM people WHERE age >= 18 WITH CHECK OPTION;
CREATE VIEW seniors WITH (security_barrier) AS SELECT * FROM adults WHERE age > 60;
CREATE VIEW joined AS SELECT o."ID" AS id, p.email, o.price FROM "Order" o JOIN people p ON p.id = o.who;
CREATE FUNCTION joined_gone() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN DELETE FROM "Order" WHERE "ID" = OLD.id; IF OLD.id % 2 = 0 THEN RETURN NULL; END IF; RETURN OLD; END $$;
CREATE TRIGGER joined_gone INSTEAD OF DELETE ON joined FOR EACH ROW EXECUTE FUNCTION joined_gone();
CREATE TABLE picky (id int PRIMARY KEY, v int); INSERT INTO picky SELECT n, n FROM generate_series(1, 50) n;
CREATE FUNCTION keep_even() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF COALESCE(OLD.id, NEW.id) % 2 = 0 THEN RETURN NULL; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$;
CREATE TRIGGER keep_even BEFORE INSERT OR UPDATE OR DELETE ON picky FOR EACH ROW EXECUTE FUNCTION keep_even();
CREATE TABLE ruled (id int, gone boolean DEFAULT false); INSERT INTO ruled SELECT n FROM generate_series(1, 20) n;
CREATE RULE soft AS ON DELETE TO ruled DO INSTEAD UPDATE ruled SET gone = true WHERE id = OLD.id AND id > 10;
CREATE TABLE audit (at timestamptz DEFAULT now(), what text);
CREATE TABLE watched (id int); INSERT INTO watched SELECT n FROM generate_series(1, 30) n;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what) VALUES (TG_OP); RETURN NULL; END $$;
CREATE TRIGGER note AFTER UPDATE OR DELETE ON watched FOR EACH STATEMENT EXECUTE FUNCTION note();
CREATE TRIGGER note_row AFTER DELETE ON watched FOR EACH ROW EXECUTE FUNCTION note();
CREATE TABLE ledger (id int PRIMARY KEY, owner text, amount int); INSERT INTO ledger SELECT n, CASE WHEN n % 3 = 0 THEN 'app' ELSE 'root' END, n FROM generate_series(1, 90) n;
ALTER TABLE ledger ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON ledger USING (owner = current_user);
CREATE POLICY small ON ledger AS RESTRICTIVE FOR DELETE USING (amount < 50);
DO $$ BEGIN CREATE ROLE app; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT ALL ON ledger TO app;
CREATE TABLE uniq (a int, b int, c int, live boolean); CREATE UNIQUE INDEX uniq_live ON uniq (a, lower(b::text)) WHERE live;
ALTER TABLE uniq ADD CONSTRAINT uniq_c UNIQUE (c); INSERT INTO uniq SELECT n, n, n, n % 2 = 0 FROM generate_series(1, 20) n;
CREATE TABLE identity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text); INSERT INTO identity (v) SELECT 'v' FROM generate_series(1, 5);
CREATE FUNCTION is_old(int) RETURNS boolean STABLE LANGUAGE sql AS 'SELECT $1 > 40';
CREATE FUNCTION old_ids() RETURNS SETOF int STABLE LANGUAGE sql AS 'SELECT id FROM people WHERE age > 70';
