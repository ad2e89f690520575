SELECT 1

SELECT 1 AS one, 'two' AS two, NULL AS three, true AS four, 5.50 AS five

SELECT 2147483647, 2147483648, 9223372036854775807, 9223372036854775808, 1e3, .5

SELECT id, name, price, stock FROM products ORDER BY id

SELECT * FROM products ORDER BY id LIMIT 2

SELECT p.* FROM products p WHERE p.id = 2

SELECT name, price * 2 AS double FROM products WHERE price > 3 ORDER BY price DESC, name

SELECT name FROM products WHERE price BETWEEN 2.50 AND 4 ORDER BY name

SELECT name FROM products WHERE id IN (1, 3, 5) ORDER BY id

SELECT name FROM products WHERE id NOT IN (1, 3, 5) ORDER BY id

SELECT name FROM products WHERE category IS NULL ORDER BY id

SELECT name FROM products WHERE category IS NOT NULL ORDER BY id

SELECT name FROM products WHERE name LIKE 'C%' ORDER BY name

SELECT name FROM products WHERE name ILIKE '%TEA%' ORDER BY name

SELECT name FROM products WHERE name NOT LIKE '%e%' ORDER BY name

SELECT name FROM products WHERE NOT active ORDER BY name

SELECT name FROM products WHERE active AND (price < 3 OR stock > 50) ORDER BY name

SELECT name, CASE WHEN stock = 0 THEN 'out' WHEN stock < 20 THEN 'low' ELSE 'ok' END FROM products ORDER BY id

SELECT CASE category WHEN 'drinks' THEN 1 WHEN 'food' THEN 2 END FROM products ORDER BY id

SELECT coalesce(category, 'none'), nullif(stock, 0) FROM products ORDER BY id

SELECT greatest(1, 5, 3), least(2.5, 1), greatest(NULL, 1), least(NULL, NULL::int)

SELECT DISTINCT category FROM products ORDER BY category

SELECT DISTINCT category FROM products ORDER BY category DESC

SELECT category FROM products ORDER BY category NULLS FIRST, id

SELECT category FROM products ORDER BY category DESC NULLS LAST, id

SELECT name FROM products ORDER BY 1 LIMIT 3 OFFSET 1

SELECT name FROM products ORDER BY id FETCH FIRST 2 ROWS ONLY

SELECT name n FROM products ORDER BY n DESC LIMIT 1

SELECT name || ' (' || category || ')' FROM products ORDER BY id

SELECT id + 1, id - 1, id * 2, id / 2, id % 2, -id FROM products WHERE id = 3

SELECT 7 / 2, -7 / 2, 7 % 3, -7 % 3, 7.0 / 2, 2 ^ 10, 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 4, 32 >> 2

SELECT 1 = 1, 1 <> 2, 1 != 1, 1 < 2, 'a' < 'b', 'A' < 'a', NULL = NULL, 1 IS DISTINCT FROM NULL, NULL IS NOT DISTINCT FROM NULL

SELECT true AND NULL, false AND NULL, true OR NULL, NOT NULL::boolean, NULL IS TRUE, true IS NOT FALSE, NULL IS UNKNOWN

SELECT (SELECT max(price) FROM products), EXISTS (SELECT 1 FROM products WHERE stock = 0)

SELECT name FROM products WHERE price = (SELECT max(price) FROM products)

SELECT name FROM products p WHERE EXISTS (SELECT 1 FROM sales s WHERE s.product_id = p.id) ORDER BY name

SELECT name FROM products p WHERE NOT EXISTS (SELECT 1 FROM sales s WHERE s.product_id = p.id) ORDER BY name

SELECT name FROM products WHERE id IN (SELECT product_id FROM sales WHERE quantity > 1) ORDER BY name

SELECT name FROM products WHERE id = ANY (SELECT product_id FROM sales) ORDER BY name

SELECT name FROM products WHERE price >= ALL (SELECT price FROM products) ORDER BY name

SELECT id = ANY ('{1,2}'::int[]) FROM products ORDER BY id

SELECT * FROM (SELECT id, price FROM products WHERE price > 3) AS expensive ORDER BY id

WITH cheap AS (SELECT id, name FROM products WHERE price < 3) SELECT * FROM cheap ORDER BY id

WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT x, y FROM a, b

WITH products AS (SELECT 42 AS id) SELECT id FROM products

VALUES (1, 'a'), (2, 'b')

SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS v (n, t) ORDER BY n

SELECT column1 FROM (VALUES (3), (1), (2)) v ORDER BY 1

SELECT count(*) FROM products

SELECT 'it''s', E'tab\there', $$dollar 'quoted'$$, U&'\0041'

SELECT 'a' 'b'

SELECT "name" AS "Name" FROM "products" WHERE "id" = 1

SELECT public.products.name FROM public.products WHERE public.products.id = 1

SELECT 1 WHERE false

SELECT

SELECT FROM products WHERE id = 1

SELECT (1, 2) = (1, 2), (1, 2) < (1, 3)

SELECT 5 BETWEEN SYMMETRIC 10 AND 1, 5 NOT BETWEEN 1 AND 3

TABLE categories_seen
