BEGIN

SELECT 1

COMMIT

BEGIN; INSERT INTO categories_seen (label) VALUES ('tx1'); ROLLBACK

SELECT count(*) FROM categories_seen WHERE label = 'tx1'

BEGIN

INSERT INTO categories_seen (label) VALUES ('tx2')

SAVEPOINT a

INSERT INTO categories_seen (label) VALUES ('tx3')

ROLLBACK TO SAVEPOINT a

RELEASE SAVEPOINT a

COMMIT

SELECT label FROM categories_seen WHERE label LIKE 'tx%' ORDER BY label

BEGIN

SELECT 1 / 0

SELECT 1

SAVEPOINT b

COMMIT

COMMIT

ROLLBACK

BEGIN

BEGIN

ROLLBACK

SAVEPOINT outside

BEGIN

ROLLBACK TO SAVEPOINT missing

ROLLBACK

BEGIN

SAVEPOINT s1

SELECT bad

ROLLBACK TO s1

SELECT 1

COMMIT

SELECT 1; SELECT 2

SELECT 1;

;

INSERT INTO categories_seen (label) VALUES ('multi1'); SELECT 1 / 0; INSERT INTO categories_seen (label) VALUES ('multi2')

SELECT count(*) FROM categories_seen WHERE label LIKE 'multi%'

BEGIN ISOLATION LEVEL REPEATABLE READ

SHOW transaction_isolation

COMMIT

BEGIN READ ONLY

INSERT INTO categories_seen (label) VALUES ('ro')

ROLLBACK

START TRANSACTION

END

ABORT

SET TRANSACTION ISOLATION LEVEL SERIALIZABLE

SHOW server_version_num

SHOW client_encoding

SET statement_timeout = 1000

SHOW statement_timeout

SET statement_timeout = '2s'

SHOW statement_timeout

RESET statement_timeout

SHOW statement_timeout

SET nosuch = 1

SHOW nosuch

SET TimeZone = 'America/New_York'

SELECT timestamptz '2024-07-01 12:00:00Z', timestamptz '2024-01-01 12:00:00Z', timestamp '2024-01-01 12:00'

SELECT '2024-07-01 12:00:00'::timestamptz AT TIME ZONE 'UTC'

SET TimeZone = 'Nowhere/City'

SET TIME ZONE 'UTC'

BEGIN; SET LOCAL TimeZone = 'Asia/Tokyo'; SHOW TimeZone; COMMIT

SHOW TimeZone

SET application_name = 'conformance'

SHOW application_name

SET client_min_messages = 'nonsense'

SET client_encoding = 'UTF8'

SET standard_conforming_strings = on

SET extra_float_digits = 3

SET search_path TO public

SHOW search_path

SELECT current_schema(), current_database() IS NOT NULL, current_setting('TimeZone'), current_setting('nosuch', true)

SELECT current_setting('nosuch')

PREPARE p1 (int) AS SELECT name FROM products WHERE id = $1

EXECUTE p1 (1)

EXECUTE p1 (2)

EXECUTE p2

PREPARE p1 AS SELECT 1

DEALLOCATE p1

DEALLOCATE p1

DEALLOCATE ALL

BEGIN; DECLARE c CURSOR FOR SELECT id FROM products ORDER BY id; FETCH 2 FROM c; FETCH 1 FROM c; MOVE 1 FROM c; FETCH ALL FROM c; CLOSE c; COMMIT

FETCH 1 FROM nosuch

CLOSE nosuch

DISCARD ALL

CREATE TABLE not_yours (id int)

DROP TABLE products

ALTER TABLE products ADD COLUMN x int

TRUNCATE products
