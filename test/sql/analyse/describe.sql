-- One statement a line, analysed only: types, names, parameters and errors are compared with PostgreSQL.
select 1
select 1, 'a', null, true, 1.5, 99999999999, 1e3, .5
select $1
select $1::int + 1
select $1 + 1
select 1 + $1, $1
select $1 || 'x'
select * from sales where id = $1
select amount from sales where amount > $1
select amount * 2, amount + qty, qty / 2, qty * 1.5, ratio * qty, small + qty, id + qty, amount / 3 from sales
select note || qty from sales
select note || code, code || 'x', code from sales
select -amount, -qty, +ratio, @ qty, ~qty from sales
select sum(amount), avg(amount), min(amount), max(amount), count(*), count(amount) from sales
select sum(qty), sum(id), sum(small), sum(ratio), sum(rate), avg(qty), avg(ratio), avg(id) from sales
select note, count(*) from sales group by note
select note, qty from sales group by note
select qty, count(*) from sales group by 1 having count(*) > 1 order by 2 desc
select id, note, count(*) from sales group by id
select sum(count(*)) from sales
select * from nope
select nope from sales
select s.nope from sales s
select x.id from sales s
select sales.id from sales s
select id from sales, products
select merchant_id from sales natural join products
select * from sales join products using (id)
select * from sales join products using (nope)
select * from sales s join products p on s.id = p.id
select s.*, p.name from sales s left join products p on s.id = p.id
select 1 + 'a'
select 1 + 'a'::text
select note + 1 from sales
select not 1
select qty and true from sales
select * from sales where qty
select * from sales where note
select case when true then 1 else 'a' end
select case when qty > 1 then amount else 0 end from sales
select case qty when 1 then 'one' when 2 then 'two' end from sales
select case qty when 'x' then 1 end from sales
select case when 1 then 2 end
select coalesce(amount, 0), coalesce(note, 'x'), coalesce(null, null), coalesce(qty, 'a'::text) from sales
select nullif(qty, 0), nullif(note, ''), nullif(amount, 0) from sales
select greatest(1, 2.5), least(qty, amount), greatest(note, 'x') from sales
select id in (1, 2, 3), note in ('a', 'b'), qty in (1, 2.5), qty in ('1','2'), qty in ($1, $2) from sales
select qty in ('a'::text) from sales
select id = any($1), id = any(array[1,2]), note = any('{a,b}'), qty <> all($2) from sales
select id in (select id from products) from sales
select id = (select max(id) from products), exists (select 1 from products), array(select id from products) from sales
select id in (select id, name from products) from sales
select (select id, name from products) from sales
select (1,2) = (3,4), (qty, id) < (1, 2), row(1,2) = row(1,2) from sales
select (1,2) = (1,2,3)
select qty between 1 and 2, qty not between $1 and $2, at between '2020-01-01' and now() from sales
select note like 'a%', note ilike 'b', note not like $1, note similar to 'a+', note ~ 'x', code like 'a' from sales
select note like 5 from sales
select qty is null, note is not null, ok is true, ok is not false, ok is unknown from sales
select qty is true from sales
select qty is distinct from 1, note is not distinct from null, amount is distinct from 1.5 from sales
select at::date, at::timestamp, day::timestamptz, day + 1, day - day, at - at, at + interval '1 day', day + interval '1 hour', local - local from sales
select extract(year from at), date_trunc('day', at), date_part('month', day), age(at), to_char(at, 'YYYY') from sales
select at at time zone 'UTC', local at time zone 'UTC' from sales
select current_date, current_timestamp, now(), localtimestamp, current_user, session_user, current_schema, current_timestamp(3), localtime
select substring(note from 1 for 2), trim(both 'x' from note), position('a' in note), overlay(note placing 'x' from 1), upper(note), length(note), trim(note) from sales
select meta -> 'a', meta ->> 'a', meta #> '{a,b}', meta @> '{}', meta ? 'x', doc -> 0, doc ->> 'x' from sales
select meta - 'a', meta || '{}'::jsonb from sales
select meta -> qty, meta -> $1 from sales
select qty::text, note::int, amount::int, amount::numeric(5,1), '5'::int, ratio::int, ok::int, qty::bool, ok::text, uid::text from sales
select day::int from sales
select at::int from sales
select 'abc'::nope
select cast(1 as varchar(5)), 'abc'::varchar(2), 'a'::char(3), 'a'::char, 1::numeric(3)
select numeric '1.5', date '2020-01-01', interval '1 day', timestamp '2020-01-01 00:00:00', int4 '5'
select array[1,2], array['a','b'], array[1,2.5], array[]::int[], array[null, 1]
select array[]
select (array[1,2,3])[1], array_length(array[1], 1), array_agg(id) from sales
select string_agg(note, ',' order by id), string_agg(distinct note, ',') , array_agg(distinct qty) from sales
select row_number() over (), rank() over (order by qty), lag(amount) over (order by id), sum(amount) over (partition by note order by id rows between 1 preceding and current row), first_value(note) over w from sales window w as (partition by note)
select row_number() from sales
select lower(note) over () from sales
select * from sales where row_number() over () = 1
select * from sales where count(*) > 1
select * from sales limit 1 offset 2
select * from sales limit $1 offset $2
select * from sales limit 'a'
select * from sales limit qty
select * from sales limit null
select id from sales order by 2
select id from sales order by nope
select id as x, note as x from sales order by x
select distinct note from sales order by id
select distinct on (note) id, note from sales order by note, id
select distinct on (note) id from sales order by id
select 1 union select 2.5
select 1 union select 'a'
select 'a' union select 1
select null union select 1
select 'a' union select 'b'
select 1 union all select 2 order by 1
select 1 as a union select 2 as b order by a
select 1 as a union select 2 as b order by b
select 1 as a union select 2 order by a + 1
select id, note from sales union select id from products
select id from sales intersect select id from products except select 1
values (1, 'a'), (2, 'b')
values (1), ('a')
values (1), (2.5)
values (1, 2), (3)
values ($1, 1)
select * from (values (1, 'a')) as t(x, y)
select * from (values (1, 'a')) as t(x, y, z)
with x as (select id from sales) select * from x
with x(a) as (select id from sales), y as (select a + 1 as b from x) select * from x, y
with sales as (select 1 as id) select * from sales
with x as (select 1), x as (select 2) select 1
select * from (select 1) s
select * from sales, sales
select * from sales a, products a
select t.* from sales s
select
select from sales
select count() from sales
select count(*) filter (where ok), sum(amount) filter (where qty > 1) from sales
select sum(note) from sales
select foo(1)
select foo(1, 'a', note) from sales
select length(1)
select upper(qty) from sales
select round(amount, 1), round(ratio), round(qty), abs(-5), ceil(1.2), mod(5, 2), power(2, 3), sqrt(2) from sales
select round(ratio, 1) from sales
select concat(1, 'a', null), concat_ws(',', 1, 2), format('%s', 1), left('abc', 2), lpad('a', 3), replace('a','b','c'), split_part('a,b', ',', 1)
select gen_random_uuid(), version(), pg_typeof(1), current_database(), pg_backend_pid(), current_setting('x')
select now() - interval '1 day', now() - '1 day', now() > '2020-01-01', date '2020-01-01' - 1
select current_date + '1'
select interval '1 day' * 2, 2 * interval '1 day', interval '1 day' / 2
select uid = '550e8400-e29b-41d4-a716-446655440000', uid = $1 from sales
select uid = 1 from sales
select raw = '\x00', encode(raw, 'hex'), length(raw) from sales
select ok = true, ok, not ok, ok and $1, ok or false from sales
select ok = 1 from sales
select ratio = 1, ratio > qty, ratio = 1.5, amount = ratio from sales
select code = note, code = 'x', code = $1 from sales
select sales from sales
select sales.* from sales
select public.sales.id from public.sales
select id from nope.sales
select $2::int
select $1, $2
select $1::int, $1::text
select $1 = 1, $1 = 'a'
select $0
select 'a' = 'b', 'a' || 'b', 'a' < 'b'
select null = null, null is null, null || 'a'
select 1 where 'a'
select 1 where 'true'
select 1 = '1', 1 = 'a'::text
select sum(amount) + 1 from sales group by note having note > 'a'
select max(note), max(at), max(day), min(uid) from sales
select bool_and(ok), bool_or(ok), every(ok) from sales
select json_agg(id), jsonb_agg(note), json_build_object('a', 1), to_json(note), row_to_json(sales) from sales
select * from generate_series(1, 3)
select * from generate_series(1, 3) as g(n)
select * from unnest(array[1,2]) with ordinality as u(v, n)
select * from unnest($1::int[]) x
select generate_series(1,3)
select * from json_array_elements('[1]') e
select a.id from sales a where exists (select 1 from products p where p.id = a.id and p.name = a.note)
select (select sum(p.price) from products p where p.id = s.id) from sales s group by s.id
select (select sum(p.price) from products p where p.id = s.id) from sales s group by s.note
select id from sales for update
select note from sales group by note for update
select * from sales where id = $1 and note = $2 and amount = $3 and at = $4 and uid = $5 and meta = $6 and ok = $7 and ratio = $8 and day = $9
select coalesce($1, 1), greatest($2, 'a'), case when $3 then $4 else 1.5 end
select $1 in (1,2), 1 in ($2), $3 between 1 and 5, $4 like 'a', $5 is null
select limit 1
selec 1
select 1 from
select 'abc
select "a
select * from sales where (id, note) in ((1,'a'),(2,'b'))
select * from sales where (id, note) in (select id, name from products)
select exists(select 1), not exists(select 1)
select case when ok then note end as "X y" from sales
select note as "Note", id "Id" from sales
select sum(amount)::int, (id + 1)::text, count(*)::text, (case when true then 1 end)::text, (select 5)::text from sales group by id
select s.id as sid from sales s where sid = 1
select count(distinct note), sum(distinct qty) from sales
select 1 as a, 2 as b order by a, b
select * from sales tablesample system (1)
select * from sales s, lateral (select * from products p where p.id = s.id) q
select * from rates r1 cross join rates r2
select * from rates r1 full join rates r2 using (id)
select * from rates r1 right join rates r2 on r1.id = r2.id and r1.v > 1
select * from (rates r1 join rates r2 using (id)) as j
select r1.v from (rates r1 join rates r2 using (id)) as j
select * from rates r1 join rates r2 on r1.id = r3.id join rates r3 on true
select text(5), int4('5'), float8(1), date(now()), varchar(note) from sales
select now()::date = current_date, now()::time, '10:00'::time, time '10:00' + interval '1 hour'
select '1 day'::interval, '2020-01-01'::date, 'x'::text, '1.5'::numeric, '{1,2}'::int[], '{}'::jsonb
select 5 % 2, 5 / 2, 5.0 / 2, 2 ^ 3, 5 # 1, 5 & 1, 5 | 2, 1 << 3
select |/ 4, 'a' ~~ 'b', 1 != 2, 1 <> 2
select x from (select 1 as x) s order by s.x
select ctid from sales
select array[1,2] || 3, array[1] || array[2], 1 || array[2], array[1,2] @> array[1]
select collate_test from sales
select note collate "C" from sales
select note collate "xx" from sales
select qty collate "C" from sales
select date_trunc('day', now()), date_trunc('day', day), date_trunc('month', local) from sales
select sum(case when ok then 1 else 0 end), sum(case when ok then amount else 0 end), sum(amount * qty) from sales
select date_trunc('day', at) as d, sum(amount) from sales group by d order by d
select date_trunc('day', at), sum(amount) from sales group by date_trunc('day', at)
select extract(epoch from at)::int, extract(dow from day) from sales
select note, sum(amount) over (partition by note) from sales group by note
select note, sum(sum(amount)) over (order by note) from sales group by note
select row_to_json(null)
select * from jsonb_each('{}')
select pg_size_pretty(1)
select -'x'
select lead(amount, 1, 0) over (order by id), array_append(array[1], 1.5), array[1] || 2.5 from sales
select id from sales group by
select count(*), note from sales
select note from sales having true
select amount from sales having count(*) > 1
select sum(amount) from sales where sum(amount) > 1
select sum(amount) from sales group by sum(amount)
select * from sales join products on count(*) = 1
select sum(sum(amount)) from sales
select count(*) from sales order by id
select distinct note from sales order by count(*)
select note, count(*) from sales group by 3
select note, count(*) from sales group by 0
select * from sales group by note
select id from sales order by 1.5
select id from sales order by 'x'
select id from sales order by 0
select id as a, qty as a from sales order by a
select id as a, qty as a from sales group by a
select * from sales limit -1 offset 'x'
select * from sales limit 1.5
select * from sales limit true
select * from sales where id = 'abc'
select * from sales where at > 'not a date'
select * from sales where uid = 'xyz'
select * from sales where amount > 'abc'
select * from sales where ok = 'maybe'
select * from sales where meta = '{bad'
select 'abc'::int
select '99999999999'::int
select '1.5'::int
select 300::int2::bool
select '{1,a}'::int[]
select 99999999999::int
select cast('x' as date)
select interval 'foo'
select now() + 1
select day + day from sales
select at + at from sales
select at = day, at > local from sales
select note = 5 from sales
select note > qty from sales
select ok > 5 from sales
select -note from sales
select not note from sales
select meta = 'x'::text from sales
select doc = doc from sales
select doc from sales order by doc
select distinct doc from sales
select doc, count(*) from sales group by doc
select doc from sales union select doc from sales
select max(ok) from sales
select max(meta) from sales
select avg(note) from sales
select sum(at) from sales
select count(id, note) from sales
select upper(1, 2)
select upper()
select substring('abc' from 'x' for 1)
select round('a', 1)
select length(null), upper(null), abs(null)
select coalesce()
select nullif(1)
select greatest()
select case when 1 = 1 then 'a' when 2 = 2 then 5 end
select case 1 when true then 1 end
select coalesce(1, true)
select coalesce('a', 1)
select array[1, 'a']
select array[1, true]
select (array[1,2])['a']
select (1)[1]
select 1 in ('a')
select 1 in (select 'a'::text)
select note in (select id from products) from sales
select (1, 2) in (select 1)
select 1 = any(1)
select 1 = any(array['a'])
select 1 = any('{a}')
select exists(1)
select (select 1, 2)
select 1 union select 1, 2
select true union select 1
select now() union select 1
select id from sales union select note from sales
values (1, 2), (3)
values (1), (true)
select * from (values (1, 2)) t(a, b, c)
select * from unknown_function(1)
select * from sales s join products s on true
select * from sales s, s.x
select s.* from sales
select sales.* from sales s
select public.sales.nope from public.sales
select nope.sales.id from sales
select a.b.c.d.e from sales
select * from sales natural join rates
select * from sales join rates using (v)
select * from sales join products using (id, id)
select id from sales s join products p using (id) where s.id = 1 and p.id = 1 and id = 1
select merchant_id from sales s join products p using (id)
select row_number() over (order by nope) from sales
select row_number() over w from sales
select sum(qty) over (rows between unbounded following and current row) from sales
select sum(qty) over (order by id range between '1' preceding and current row) from sales
select sum(qty) over (rows between qty preceding and current row) from sales
select sum(count(*) over ()) from sales
select sum(sum(qty) over ()) over () from sales
select count(*) over () from sales group by note having count(*) over () > 1
select id from sales where exists (select nope from products)
select id from sales where id in (select s.nope from products s)
with x as (select nope from sales) select * from x
with x(a, b) as (select 1) select * from x
with x as (select 1) select * from y
select $1::nope
select $1 + $2
select $1 = $2
select $1 is null
select $1 and $2, not $3
select -$1
select abs($1)
select upper($1), length($2), $3 like $4
select $1 in ($2, $3)
select case $1 when 1 then $2 else 'x' end
select coalesce($1, $2)
select $1 between $2 and 5
select sum($1), count($2), max($3) from sales
select * from sales where id = $1 or note = $1
select * from sales where id = $1 and qty = $1
select date_trunc($1, at), extract(year from $2::timestamp) from sales
select $1::text::int, ($2)::numeric(5,2), $3::varchar(3)
select now() - $1, at + $2, day + $3 from sales
select amount * $1, $2 / amount, qty + $3, ratio * $4 from sales
select meta -> $1, meta ->> $2, meta @> $3 from sales
select note || $1, $2 || note, qty || $3 from sales
select array[$1, 2], $2 = any($3), $4 = any(array[1,2])
select * from generate_series($1, $2)
select * from sales where id in (select $1)
select (select $1), exists(select $2::int)
select $1 union select 1
select $1 union select $2
values ($1, $2), (1, 'a')
select * from (values ($1)) t(x) where x = 1
select limit_ from (select 1 as limit_) x limit $1
select id from sales order by $1
select count(*) from sales group by $1
select 1 limit 1, 2
select sum(qty) over (rows between current row and unbounded preceding) from sales
