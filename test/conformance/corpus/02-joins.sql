SELECT s.id, p.name, s.quantity FROM sales s JOIN products p ON p.id = s.product_id ORDER BY s.id

SELECT p.name, s.id FROM products p LEFT JOIN sales s ON s.product_id = p.id ORDER BY p.id, s.id

SELECT p.name, s.id FROM sales s RIGHT JOIN products p ON s.product_id = p.id ORDER BY p.id, s.id

SELECT p.id, s.id FROM products p FULL JOIN sales s ON s.product_id = p.id AND s.quantity > 1 ORDER BY p.id NULLS LAST, s.id

SELECT count(*) FROM products CROSS JOIN sales

SELECT count(*) FROM products, sales

SELECT a.id, b.id FROM products a JOIN products b ON a.category = b.category AND a.id < b.id ORDER BY 1, 2

SELECT id FROM (SELECT 1 AS id) a JOIN (SELECT 1 AS id) b USING (id)

SELECT * FROM (SELECT 1 AS id, 2 AS x) a JOIN (SELECT 1 AS id, 3 AS y) b USING (id)

SELECT * FROM (SELECT 1 AS id, 2 AS x) a NATURAL JOIN (SELECT 1 AS id, 3 AS y) b

SELECT * FROM (SELECT 1 AS id) a LEFT JOIN (SELECT 2 AS id) b USING (id)

SELECT p.name, t.total FROM products p JOIN (SELECT product_id, sum(amount) AS total FROM sales GROUP BY product_id) t ON t.product_id = p.id ORDER BY p.id

SELECT p.name, x.n FROM products p LEFT JOIN LATERAL (SELECT count(*) AS n FROM sales s WHERE s.product_id = p.id) x ON true ORDER BY p.id

SELECT a.id FROM products a LEFT JOIN products b ON a.id = b.id + 3 WHERE b.id IS NULL ORDER BY a.id

SELECT a.name FROM products a JOIN products b ON true JOIN products c ON true WHERE a.id = 1 AND b.id = 2 AND c.id = 3

SELECT u.id FROM ((products p JOIN sales s ON p.id = s.product_id) JOIN products u ON u.id = p.id) ORDER BY 1

SELECT p.name, q.n, q.total FROM products p, LATERAL (SELECT count(*) AS n, sum(s.amount) AS total FROM sales s WHERE s.product_id = p.id) q ORDER BY p.id

SELECT * FROM (SELECT id, name FROM products) p CROSS JOIN LATERAL (SELECT max(s.amount) FROM sales s WHERE s.product_id = p.id) AS q(top) ORDER BY 1

SELECT p.id, q.doubled, q.label FROM products p, LATERAL (SELECT p.price * 2 AS doubled, p.name || '!' AS label) q WHERE q.doubled > 5 ORDER BY q.doubled, p.id

SELECT p.name, l.terminal_id FROM products p LEFT JOIN LATERAL (SELECT s.terminal_id FROM sales s WHERE s.product_id = p.id ORDER BY s.created_at DESC, s.id LIMIT 1) l ON true ORDER BY p.id

SELECT p.name, q.n FROM products p LEFT JOIN LATERAL (SELECT count(*) AS n FROM sales s WHERE s.product_id = p.id) q ON true WHERE q.n = 0 ORDER BY p.id

SELECT p.id, a.x, b.y FROM products p, LATERAL (SELECT p.id + 1 AS x) a, LATERAL (SELECT a.x * 10 AS y) b ORDER BY p.id

SELECT sum(z.n) FROM (SELECT q.n FROM products p, LATERAL (SELECT count(*) AS n FROM sales s WHERE s.product_id = p.id) q) z

SELECT p.id, e.n FROM products p JOIN LATERAL (SELECT count(*) AS n FROM sales s WHERE s.product_id = p.id) e ON e.n > 0 ORDER BY 1

SELECT p.id, s.amount FROM products p, LATERAL (SELECT amount FROM sales WHERE product_id = p.id) s ORDER BY 1, 2

SELECT sum(q.n) FROM products p, LATERAL (SELECT count(*) AS n FROM sales s WHERE s.product_id = p.id) q

SELECT q.x FROM products p, LATERAL (SELECT nothing AS x) q

SELECT q.n FROM products p RIGHT JOIN LATERAL (SELECT p.id AS n) q ON true

SELECT * FROM products p, (SELECT p.id) q

SELECT q.n FROM LATERAL (SELECT 1 AS n) q
