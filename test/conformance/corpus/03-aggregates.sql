SELECT count(*), count(category), count(DISTINCT category), sum(price), avg(price), min(price), max(price) FROM products

SELECT sum(stock), avg(stock), min(stock), max(stock) FROM products

SELECT sum(amount), avg(amount), count(*) FROM sales

SELECT category, count(*), sum(price) FROM products GROUP BY category ORDER BY category

SELECT category, count(*) FROM products GROUP BY category HAVING count(*) > 1 ORDER BY category

SELECT category AS c, count(*) FROM products GROUP BY c ORDER BY 2 DESC, 1

SELECT category, count(*) FROM products GROUP BY 1 ORDER BY 1

SELECT upper(category), count(*) FROM products GROUP BY upper(category) ORDER BY 1

SELECT sum(price) FROM products WHERE false

SELECT count(*), sum(price), max(name) FROM products WHERE id > 1000

SELECT sum(price) FILTER (WHERE active), count(*) FILTER (WHERE NOT active) FROM products

SELECT string_agg(name, ', ' ORDER BY name) FROM products

SELECT string_agg(DISTINCT category, '|' ORDER BY category) FROM products

SELECT array_agg(id ORDER BY id DESC) FROM products

SELECT bool_and(active), bool_or(active), every(active) FROM products

SELECT min(name), max(name) FROM products

SELECT avg(id), avg(id::bigint), avg(price::float8), sum(id::bigint), sum(price::float8) FROM products

SELECT json_agg(id ORDER BY id) FROM products

SELECT jsonb_agg(name ORDER BY id) FROM products WHERE id < 3

SELECT json_object_agg(name, id ORDER BY id) FROM products WHERE id < 3

SELECT round(avg(price), 2), trunc(avg(price), 1) FROM products

SELECT count(*) FROM (SELECT DISTINCT category FROM products) d

SELECT category, sum(stock * price) AS worth FROM products GROUP BY category ORDER BY worth DESC NULLS LAST

SELECT max(created_at) - min(created_at) FROM sales

SELECT stddev(stock), variance(stock), stddev_pop(stock), var_pop(stock) FROM products

SELECT sum(DISTINCT stock) FROM products

SELECT payment_method, count(*), sum(amount) FROM sales GROUP BY payment_method ORDER BY payment_method

SELECT date_trunc('day', created_at) AS day, sum(amount) FROM sales GROUP BY day ORDER BY day

SELECT product_id, quantity, sum(amount) FROM sales GROUP BY product_id, quantity ORDER BY 1, 2
