SELECT date '2024-02-29', '2024-02-29'::date + 1, date '2024-03-01' - date '2024-02-01', date '2024-01-31' + interval '1 month'

SELECT timestamp '2024-01-15 10:30:00', timestamp '2024-01-15 10:30:00.123456', timestamp '2024-01-15 10:30:00.5', timestamp '2024-01-15'

SELECT timestamptz '2024-01-15 10:30:00+02', timestamptz '2024-01-15 10:30:00Z', timestamptz '2024-06-01 00:00:00 America/New_York'

SELECT date_trunc('month', timestamp '2024-05-17 13:45:10'), date_trunc('hour', timestamp '2024-05-17 13:45:10'), date_trunc('week', date '2024-05-17'), date_trunc('quarter', timestamp '2024-05-17')

SELECT extract(year FROM timestamp '2024-05-17 13:45:10.5'), extract(epoch FROM timestamp '2024-05-17 13:45:10.5'), extract(dow FROM date '2024-05-17'), date_part('hour', timestamp '2024-05-17 13:45:10'), extract(second FROM timestamp '2024-05-17 13:45:10.25')

SELECT extract(doy FROM date '2024-12-31'), extract(week FROM date '2024-12-31'), extract(isodow FROM date '2024-05-19'), extract(quarter FROM date '2024-05-19'), extract(century FROM date '2024-05-19'), extract(milliseconds FROM time '10:00:01.5')

SELECT age(timestamp '2024-05-17', timestamp '2023-03-15'), timestamp '2024-05-17 12:00' - timestamp '2024-05-15 10:30'

SELECT interval '1 day 2 hours', interval '90 minutes', interval '1 year 2 mons 3 days 04:05:06.789', interval '-1 day', '1 week'::interval, interval '1' day

SELECT interval '1 day' * 2, interval '1 day' / 2, interval '1 day' + interval '1 hour', interval '1 day' > interval '23 hours', interval '24 hours' = interval '1 day', -interval '1 day'

SELECT timestamp '2024-01-31 00:00' + interval '1 month', timestamp '2024-03-31' - interval '1 month', timestamp '2024-01-01' + interval '36 hours'

SELECT to_char(timestamp '2024-05-07 13:05:09.123', 'YYYY-MM-DD HH24:MI:SS.MS'), to_char(timestamp '2024-05-07 13:05:09', 'Dy, DD Mon YYYY HH12:MI AM'), to_char(date '2024-05-07', 'Day, FMMonth DDth')

SELECT to_date('07/05/2024', 'DD/MM/YYYY'), to_timestamp('2024-05-07 01:02:03', 'YYYY-MM-DD HH24:MI:SS'), to_timestamp(0), to_timestamp(1700000000.5)

SELECT timestamp '2024-01-15 10:30' AT TIME ZONE 'America/New_York', timestamptz '2024-01-15 10:30+00' AT TIME ZONE 'Asia/Tokyo'

SELECT 'infinity'::timestamp, '-infinity'::date, 'infinity'::timestamptz > now(), 'epoch'::timestamp

SELECT date '2024-01-01' < date '2024-01-02', timestamp '2024-01-01' = date '2024-01-01', date '2024-01-01' BETWEEN '2023-12-31' AND '2024-01-01'

SELECT time '10:30', time '23:59:59.999999', time '10:30' + interval '1 hour', '2024-01-01'::date + time '10:00'

SELECT make_date(2024, 2, 29), make_timestamp(2024, 1, 2, 3, 4, 5.5), make_interval(days => 3), make_time(8, 15, 23.5)

SELECT now() = current_timestamp, now()::date = current_date, localtimestamp IS NOT NULL, pg_typeof(now()), pg_typeof(current_date), clock_timestamp() >= now()

SELECT created_at, created_at::date, date_trunc('day', created_at) FROM sales ORDER BY id

SELECT count(*) FROM sales WHERE created_at >= '2024-03-02' AND created_at < '2024-03-03'

SELECT count(*) FROM sales WHERE created_at::date = '2024-03-01'

SELECT count(*) FROM sales WHERE DATE(created_at) = DATE('2024-03-01')

SELECT date '0001-01-01', date '9999-12-31', timestamp '1999-12-31 23:59:59', timestamp '0044-03-15 BC', date 'Jan 8, 1999', date '19990108'

SELECT justify_days(interval '35 days'), justify_hours(interval '27 hours'), justify_interval(interval '1 mon -1 hour')

SELECT date_part('day', age(date '2024-03-01', date '2024-02-01')), extract(epoch from interval '1 day 1 hour')

SELECT generate_series(1, 3)

SELECT n FROM generate_series(1, 10, 3) AS n

SELECT d::date FROM generate_series(timestamp '2024-01-01', timestamp '2024-01-03', interval '1 day') d

SELECT make_interval(days => 2), make_interval(hours => 1, mins => 30), make_interval(secs => 1.5), make_interval(1, months => 2)

SELECT timestamp '2024-03-01' - make_interval(months => 1, days => id) FROM products ORDER BY id LIMIT 2

SELECT make_interval(days => 1, days => 2)

SELECT make_interval(lustra => 1)
