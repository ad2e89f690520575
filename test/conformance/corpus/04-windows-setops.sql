SELECT id, row_number() OVER (ORDER BY price DESC, id) FROM products ORDER BY id

SELECT id, rank() OVER (ORDER BY category), dense_rank() OVER (ORDER BY category) FROM products ORDER BY id

SELECT id, sum(price) OVER (PARTITION BY category ORDER BY id) FROM products ORDER BY id

SELECT id, lag(name) OVER (ORDER BY id), lead(price, 1, 0) OVER (ORDER BY id) FROM products ORDER BY id

SELECT id, first_value(name) OVER w, last_value(name) OVER w FROM products WINDOW w AS (PARTITION BY category ORDER BY id) ORDER BY id

SELECT id, count(*) OVER () FROM products ORDER BY id LIMIT 2

SELECT id, avg(stock) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM products ORDER BY id

SELECT id, ntile(2) OVER (ORDER BY id) FROM products ORDER BY id

SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY category ORDER BY price DESC, id) AS r FROM products) x WHERE r = 1 ORDER BY id

SELECT id FROM products WHERE id < 3 UNION SELECT id FROM products WHERE id < 5 ORDER BY id

SELECT id FROM products WHERE id < 3 UNION ALL SELECT id FROM products WHERE id < 3 ORDER BY id

SELECT id FROM products INTERSECT SELECT product_id FROM sales ORDER BY 1

SELECT id FROM products EXCEPT SELECT product_id FROM sales ORDER BY 1

SELECT 1 AS a UNION SELECT 2.5 ORDER BY a

SELECT 'x' UNION ALL SELECT name FROM products WHERE id = 1

(SELECT id FROM products ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM products ORDER BY id DESC LIMIT 1)

SELECT 1 UNION SELECT 2 EXCEPT SELECT 1

SELECT NULL UNION SELECT 1 ORDER BY 1

SELECT count(*) FROM (SELECT id FROM products UNION ALL SELECT id FROM sales) u
