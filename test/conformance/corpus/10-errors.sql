SELEC 1

SELECT 1 +

SELECT * FROM nowhere

SELECT nothing FROM products

SELECT p.nothing FROM products p

SELECT x.id FROM products p

SELECT id FROM products, sales

SELECT name, count(*) FROM products

SELECT name FROM products GROUP BY category

SELECT count(*) FROM products WHERE count(*) > 1

SELECT sum(count(*)) FROM products

SELECT 1 / 0

SELECT 1.5 / 0

SELECT 1 % 0

SELECT 2147483647 + 1

SELECT 9223372036854775807 + 1

SELECT 32767::smallint + 1::smallint

SELECT 100000::smallint

SELECT 'abc'::int

SELECT 'abc'::numeric

SELECT 'maybe'::boolean

SELECT 'not-a-uuid'::uuid

SELECT '2024-13-01'::date

SELECT '2024-02-30'::date

SELECT 'garbage'::timestamp

SELECT '{bad json'::json

SELECT '{"a":}'::jsonb

SELECT '99999999999'::int

SELECT 1 = 'a'

SELECT 'a' + 1

SELECT name + 1 FROM products

SELECT name = 1 FROM products

SELECT nosuch(1)

SELECT length(1)

SELECT upper()

SELECT 1::nosuchtype

SELECT CASE WHEN 1 THEN 2 END

SELECT * FROM products WHERE name

SELECT * FROM products WHERE id = 'x'

SELECT coalesce(1, 'x')

SELECT 1 UNION SELECT 'x'

SELECT 1, 2 UNION SELECT 1

SELECT (SELECT id FROM products)

SELECT (SELECT id, name FROM products WHERE id = 1)

SELECT id FROM products ORDER BY 5

SELECT id FROM products LIMIT -1

SELECT id FROM products LIMIT 'x'

SELECT id FROM products OFFSET -1

SELECT DISTINCT id FROM products ORDER BY name

SELECT sqrt(-1)

SELECT ln(0)

SELECT 'x' LIKE 'a\'

SELECT chr(0)

SELECT repeat('x', -1)

SELECT row_number() OVER () FROM products WHERE row_number() OVER () = 1

SELECT a.id FROM products a JOIN products a ON true

SELECT * FROM (SELECT 1 AS x, 2 AS x) t WHERE x = 1

SELECT id AS a, name AS a FROM products ORDER BY a

INSERT INTO products (name) VALUES ('no price')

INSERT INTO products (name, price) VALUES (NULL, 1)

INSERT INTO products (name, price, stock) VALUES ('neg', 1, -1)

INSERT INTO products (id, name, price) VALUES (1, 'dup', 1)

INSERT INTO products (name, price) VALUES ('dear', 100000000)

INSERT INTO products (name, price, sku) VALUES ('long', 1, '12345678901234567890123')

INSERT INTO products (name, price, nosuch) VALUES ('x', 1, 2)

INSERT INTO products (name, price) VALUES ('x')

INSERT INTO products (name, price) VALUES ('x', 1, 2)

INSERT INTO products (name, name) VALUES ('x', 'y')

INSERT INTO products (name, price) VALUES ('x', 'y')

INSERT INTO products (name, price) VALUES ('x', true)

INSERT INTO nowhere VALUES (1)

INSERT INTO sales (product_id, terminal_id, amount, payment_method, items) VALUES (9999, 't', 1, 'cash', '[]')

INSERT INTO sales (product_id, terminal_id, amount, payment_method, items, client_ref) VALUES (1, 't', 1, 'cash', '[]', 'ref-0')

INSERT INTO sales (product_id, terminal_id, amount, payment_method, items) VALUES (1, 't', 1, 'cash', '{oops')

INSERT INTO products (name, price) VALUES ('a', 1) ON CONFLICT (price) DO NOTHING

INSERT INTO sales (product_id, terminal_id, amount, payment_method, items, client_ref) VALUES (1, 't', 1, 'cash', '[]', 'd'), (1, 't', 1, 'cash', '[]', 'd') ON CONFLICT (client_ref) DO UPDATE SET amount = 2

UPDATE products SET nosuch = 1

UPDATE products SET price = 'x' WHERE id = 1

UPDATE products SET price = NULL WHERE id = 1

UPDATE products SET id = 2 WHERE id = 1

UPDATE products SET stock = -5 WHERE id = 1

UPDATE products SET price = true WHERE id = 1

UPDATE nowhere SET a = 1

DELETE FROM products WHERE id = 1

DELETE FROM nowhere

DELETE FROM products WHERE nosuch = 1

SELECT $1

SELECT 1; SELECT bad; SELECT 2

SELECT 'unterminated

SELECT "unterminated

SELECT 1 /* comment

SELECT * FROM products WHERE id = ANY (1)

SELECT ARRAY[1, 'x']

SELECT '{1,x}'::int[]

SELECT date '2024-01-01' + date '2024-01-01'

SELECT to_date('x', 'YYYY')

SELECT now() + 1

SELECT extract(nosuch FROM now())

SELECT date_trunc('nosuch', now())

SELECT now() AT TIME ZONE 'Nowhere/City'

SELECT 5 IN ('a')

SELECT max(id, 2) FROM products

SELECT lag(1) FROM products

SELECT count(*) OVER (ORDER BY nosuch) FROM products

SELECT 1 AS x WHERE x = 1

SELECT id FROM products HAVING id > 1

SELECT nullif(1, 'x')

SELECT 10 BETWEEN 'a' AND 20

SELECT -'x'

SELECT NOT 1

SELECT 1 AND true

SELECT 1 IS TRUE

SELECT substring('abc', 1, -1)
