INSERT INTO products (name, price, stock) VALUES ('Bagel', 2.25, 12)

INSERT INTO products (name, price, stock) VALUES ('Scone', 2.755, 3), ('Muffin', '3.10', 0) RETURNING id, name, price, active, category

INSERT INTO products (name, price) SELECT name || ' XL', price * 1.5 FROM products WHERE id <= 2 RETURNING name, price

INSERT INTO products (name, price, category) VALUES ('Water', 1, DEFAULT) RETURNING *

INSERT INTO categories_seen DEFAULT VALUES RETURNING label

UPDATE products SET stock = stock + 5 WHERE name = 'Bagel' RETURNING id, stock

UPDATE products SET price = price * 1.1, stock = DEFAULT WHERE name = 'Scone' RETURNING price, stock

UPDATE products SET (price, stock) = (9.99, 1) WHERE name = 'Muffin' RETURNING price, stock

UPDATE products p SET stock = p.stock - s.quantity FROM sales s WHERE s.product_id = p.id AND s.id = 1 RETURNING p.id, p.stock, s.quantity

UPDATE products SET stock = 0 WHERE false

UPDATE products SET price = (SELECT max(price) FROM products) WHERE name = 'Water' RETURNING price

DELETE FROM products WHERE name = 'Water' RETURNING id, name

DELETE FROM products WHERE name LIKE '% XL'

DELETE FROM sales USING products WHERE sales.product_id = products.id AND products.name = 'Nothing'

INSERT INTO sales (product_id, terminal_id, amount, payment_method, items, client_ref) VALUES (1, 't9', 5.00, 'cash', '[]', 'ref-1') RETURNING id, amount, currency, status

INSERT INTO sales (product_id, terminal_id, amount, payment_method, items, client_ref) VALUES (1, 't9', 6.00, 'cash', '[]', 'ref-1') ON CONFLICT (client_ref) DO UPDATE SET terminal_id = excluded.terminal_id RETURNING id, amount

INSERT INTO sales (product_id, terminal_id, amount, payment_method, items, client_ref) VALUES (1, 't9', 7.00, 'cash', '[]', 'ref-1') ON CONFLICT DO NOTHING RETURNING id

INSERT INTO sales (product_id, terminal_id, amount, payment_method, items, client_ref) VALUES (1, 't9', 7.00, 'cash', '[]', 'ref-2') ON CONFLICT (client_ref) DO NOTHING RETURNING amount

INSERT INTO sales (product_id, terminal_id, amount, payment_method, items, client_ref) VALUES (1, 't9', 8.00, 'card', '[]', 'ref-2') ON CONFLICT (client_ref) DO UPDATE SET amount = sales.amount + excluded.amount WHERE sales.amount < 10 RETURNING amount, payment_method

INSERT INTO sales (product_id, terminal_id, amount, payment_method, items, client_ref) VALUES (1, 't9', 8.00, 'card', '[]', 'ref-2') ON CONFLICT (client_ref) DO UPDATE SET amount = 0 WHERE sales.amount < 10 RETURNING amount

INSERT INTO sales (product_id, terminal_id, amount, payment_method, items) VALUES (2, 't1', 1.239, 'cash', '{"b":1,"a":2}') RETURNING amount, items

SELECT count(*), sum(amount) FROM sales

UPDATE sales SET items = items || '[1]' WHERE client_ref = 'ref-1' RETURNING items

UPDATE products SET category = NULL WHERE id = 1 RETURNING category IS NULL

DELETE FROM sales WHERE client_ref IN ('ref-1', 'ref-2')

INSERT INTO products (id, name, price) OVERRIDING SYSTEM VALUE VALUES (500, 'Fixed', 1) RETURNING id

INSERT INTO products AS t (name, price) VALUES ('Alias', 1) RETURNING t.name, upper(t.name) AS shout

SELECT name, price FROM products WHERE name IN ('Bagel', 'Scone', 'Muffin') ORDER BY name

DELETE FROM products WHERE id >= 500 OR name = 'Alias'
