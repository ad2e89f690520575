SELECT 1.10 + 2.205, 3 - 0.001, 1.5 * 1.50, 10 / 4.0, 1 / 3.0, 2.0 / 3, 10.00 / 3

SELECT round(2.5), round(-2.5), round(2.345, 2), round(1234.5, -2), trunc(2.99), trunc(-2.99, 1), ceil(2.1), floor(-2.1), sign(-3.2), abs(-4.50)

SELECT 12345678901234567890.12345 + 0.00001, 99999999999999999999 * 99999999999999999999

SELECT 1.0 = 1.00, 1.10 > 1.1, 0.1 + 0.2 = 0.3, 1e-3, 1.5e10, 100::numeric, 1::numeric(10,2), 1.005::numeric(10,2)

SELECT mod(10, 3), mod(-10.5, 3), power(2, 0.5), sqrt(2.0), sqrt(2), exp(1.0), ln(2.0), log(100.0), log(2.0, 8.0)

SELECT 'NaN'::numeric, 'NaN'::numeric = 'NaN'::numeric, 'NaN'::numeric > 1, 'Infinity'::numeric, '-Infinity'::numeric

SELECT 1.5::int, 2.5::int, -1.5::int, 2.5::float8::int, 3.5::float8::int, 1.9::bigint, '12'::int, ' 12 '::int, 12::text, 12.50::text

SELECT 0.1::float8 + 0.2::float8, 1e308 * 10::float8 IS NULL

SELECT 1::float8 / 3, 1e15::float8, 1e16::float8, 123456789.123::float8, 0.00001::float8, 1.0::float8, -0.0::float8, 'NaN'::float8, 'Infinity'::float8

SELECT 1::real / 3, 0.1::real, 0.1::real::float8, 16777217::real

SELECT 32767::smallint, 1::smallint + 1, 1::smallint + 1::smallint, 1 + 1::bigint, 1 + 1.0, 1 + 1.0::float8

SELECT sum(x) FROM (VALUES (0.1), (0.2), (0.30)) v (x)

SELECT avg(x) FROM (VALUES (1), (2), (2)) v (x)

SELECT avg(x), sum(x) FROM (VALUES (1.10), (2.255)) v (x)

SELECT price, price + 1, price * 1.1, price / 3, price % 1, -price, round(price, 1), price::int, price::text, price::float8 FROM products ORDER BY id

SELECT name FROM products WHERE price = 2.50 OR price = 3 ORDER BY id

SELECT name FROM products WHERE price < 2.505 AND price > 1.999 ORDER BY id

SELECT name FROM products WHERE price <> 2.5 AND price <= 3.4999 ORDER BY id

SELECT sum(price * stock), sum(price) / count(*), max(price) - min(price) FROM products

SELECT width_bucket(5.35, 0.024, 10.06, 5), div(7, 2), gcd(12, 18), lcm(4, 6), factorial(5)

SELECT 0::numeric, -0.0, 0.00, 1000000::numeric, 1e20::numeric, 0.000001

SELECT to_char(1234.5, '9,999.99'), to_char(0.5, '0.00'), to_char(-12, '999'), to_char(1234567, 'FM9,999,999'), to_number('1,234.5', '9,999.9')

SELECT 5::int8 * 2, 7::int2 / 2::int2, 3000000000 + 1, -9223372036854775808, 4 % 0.3

SELECT abs(-5), abs(-5::bigint), abs(-5.5::float8), sign(-2), ceil(2), floor(2.7::float8), round(2.5::float8), round(3.5::float8), trunc(2.7::float8)

SELECT random() < 1, pi(), degrees(pi()), power(2, 3), power(2::float8, 3), 2 ^ 3.0, 2::float8 ^ 0.5

SELECT scale(1.500), min_scale(1.500), trim_scale(1.500)
