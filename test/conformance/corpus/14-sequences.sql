SELECT lastval()

SELECT currval('products_id_seq')

SELECT nextval('products_id_seq') > 0

SELECT setval('products_id_seq', 1000), setval('public.products_id_seq'::regclass, 2000, false)

SELECT nextval('products_id_seq'), nextval('public.products_id_seq'), nextval('products_id_seq'::regclass)

SELECT currval('products_id_seq'), lastval()

INSERT INTO products (name, price) VALUES ('Numbered', 1.00) RETURNING id

SELECT currval(pg_get_serial_sequence('products', 'id')), lastval()

INSERT INTO products (id, name, price) VALUES (nextval('products_id_seq'), 'Asked for', 2.00) RETURNING id

UPDATE products SET stock = nextval('products_id_seq') WHERE name = 'Asked for' RETURNING stock

SELECT setval('products_id_seq', 3000) FROM products WHERE name = 'Asked for'

DELETE FROM products WHERE name IN ('Numbered', 'Asked for')

BEGIN

SELECT nextval('products_id_seq')

ROLLBACK

SELECT nextval('products_id_seq')

SELECT setval('products_id_seq', 0)

SELECT setval('products_id_seq', NULL)

SELECT setval('products_id_seq', 9999999999)

SELECT nextval('nowhere_seq')

SELECT nextval('products')

SELECT currval('sales_id_seq')

SELECT nextval('products_id_seq', 1)

SELECT pg_get_serial_sequence('products', 'id'), pg_get_serial_sequence('products', 'name')

SELECT pg_get_serial_sequence('products', 'nothing')

SELECT pg_get_serial_sequence('nowhere', 'id')

BEGIN READ ONLY

SELECT lastval()

SELECT nextval('products_id_seq')

ROLLBACK

BEGIN READ ONLY

SELECT id FROM products LIMIT 1 FOR SHARE

ROLLBACK

SELECT c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S' AND n.nspname = 'public' ORDER BY 1

SELECT 'products_id_seq'::regclass, 'products_pkey'::regclass

SELECT x, nextval('products_id_seq') FROM generate_series(1, 3) x

DISCARD SEQUENCES

SELECT lastval()
