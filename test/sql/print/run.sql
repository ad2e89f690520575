-- One statement a line, run over the test rows; parameters follow after two semicolons, as JSON.
select s.id, p.name from sales s join products p on s.id = p.id
select s.id, p.name from sales s left join products p using (id) order by s.id
select s.id, p.name, id from sales s right join products p using (id) order by id
select s.id sid, p.id pid, id from sales s full join products p using (id) order by id
select * from rates a full join rates b using (id) order by 1, 2, 3
select * from rates a natural join rates b
select a.id, b.id from rates a, rates b where a.id < b.id or b.id is null
select a.id, b.id, c.name from rates a left join (rates b join products c on b.id = c.id) on a.id = b.id order by 1
select a.id, c.name from rates a, rates b left join products c on b.id = c.id where a.id = b.id
select a.id from rates a right join rates b on a.id = b.id and a.v > 0.6
select id, amount from sales order by amount
select id, amount from sales order by amount desc
select id, amount from sales order by amount desc nulls last, id
select id, rate from sales order by rate, id
select id, ratio from sales order by ratio desc, id
select id, note from sales order by note, id
select id, uid from sales order by uid, id
select id, meta from sales order by meta, id
select distinct amount from sales
select distinct rate from sales
select distinct note, code from sales
select count(distinct rate), count(distinct amount), count(distinct note) from sales
select rate, count(*) from sales group by rate
select amount, count(*) from sales group by amount
select note, sum(amount), avg(amount), min(amount), max(amount), count(amount) from sales group by note
select sum(amount), avg(amount) from sales where id > 100
select min(rate), max(rate), sum(rate), avg(rate) from sales where rate <> 'NaN'
select min(note), max(note), min(at), max(at), min(day), max(qty), min(ratio), max(ratio) from sales
select sum(qty), avg(qty), sum(id), avg(id), sum(small), sum(ratio) from sales
select amount = 12.5, amount = 12.505, amount <> 12.505, amount < 12.505, amount <= 12.505, amount > 12.505, amount >= 12.505, amount > 7, 7 < amount, amount between 1 and 12.50 from sales
select id from sales where amount = 12.50
select id from sales where amount in (12.50, 7, 0.99)
select id from sales where amount not in (12.50, 7)
select id from sales where amount in (12.5, null)
select id from sales where not (amount = 12.505)
select amount + 1, amount - 0.5, amount * 2, amount / 3, -amount, abs(amount), amount % 5, round(amount), round(amount, 1), trunc(amount) from sales
select qty / 3, qty % 3, qty * 2, -qty, qty::numeric / 3, qty / 2.0 from sales
select amount * qty, amount + qty, amount / nullif(qty, 0), amount > qty, amount = rate, rate > amount from sales
select case when amount > 5 then amount else 0 end, case when amount > 5 then amount end, coalesce(amount, 0), coalesce(amount, amount), nullif(amount, 7) from sales
select greatest(amount, 5), least(amount, qty), greatest(note, 'c') from sales
select id from sales where note is distinct from 'milk'
select id from sales where amount is not distinct from 12.5
select id from sales where (qty, id) > (1, 1)
select id from sales where (note, qty) = ('milk', 2)
select id from sales where (note, qty) in (('milk', 2), ('bread', 1))
select id from sales where (id, note) in (select id, name from products)
select id from sales where id in (select id from products)
select id from sales where id not in (select id from products)
select id from sales where id not in (select id from rates)
select id from sales where amount in (select price * 10 from products)
select id from sales where amount > all (select price from products where price is not null)
select id from sales where amount > all (select price from products)
select id from sales where amount = any (select price + 11.30 from products)
select id, id < any (select id from rates), id > all (select id from rates), id = any (select id from rates) from sales
select exists (select 1 from products p where p.id = s.id) from sales s
select (select name from products p where p.id = s.id) from sales s
select (select count(*) from products p where p.id <= s.id) from sales s order by s.id
select id from sales s where exists (select 1 from products p where p.id = s.id and p.name = s.note)
with x as (select note, sum(amount) as total from sales group by note) select * from x where total > 5 order by total
with x as (select * from sales), y as (select id from x where qty > 1) select y.id, x.note from y join x using (id)
with products as (select 99 as id) select * from products
with a as (select 1 as n), b as (select n + 1 as n from a), c as (select a.n + b.n as n from a, b) select * from c
with a as materialized (select id from sales) select count(*) from a a1, a a2
select id from sales union select id from products
select id from sales union all select id from products
select id from sales intersect select id from products
select id from sales except select id from products
select id from sales except select id from products union select 100
(select id from sales order by id limit 2) union all (select id from products order by id desc limit 1)
select amount from sales union select price from products
select rate from sales union select amount from sales
select note from sales union select name from products order by 1
select 1, 'a' union select 2, null order by 1 desc limit 1
select 1 union select 2 union all select 2 except select 1
select 1 union (select 2 intersect select 3)
select * from (select 1 as a union select 2) s where a > 1
select null union select 1
values (1, 'a'), (2, null)
values (1, 1.50), (2.25, 3) order by 1 desc
values (1), (2), (3) limit 2
select * from (values (1, 'a'), (2, 'b')) t(x, y) where x > 1
select row_number() over (order by id), id from sales order by id
select id, sum(qty) over (order by id), sum(qty) over (order by id rows between 1 preceding and 1 following), count(*) over () from sales order by id
select id, rank() over (order by note), dense_rank() over (order by note), ntile(2) over (order by id), lag(amount) over (order by id), lead(note, 1, 'none') over (order by id), first_value(amount) over (order by id), last_value(id) over (order by id) from sales order by id
select id, sum(amount) over (partition by note order by id) from sales order by id
select id, avg(amount) over (), min(amount) over (partition by note), max(amount) over w from sales window w as (order by id rows 1 preceding) order by id
select note, count(*), rank() over (order by count(*) desc) from sales group by note
select percent_rank() over (order by id), cume_dist() over (order by id) from sales
select id, nth_value(amount, 2) over (order by id range between unbounded preceding and unbounded following) from sales
select distinct on (note) note, id from sales order by note, id desc
select distinct on (note) id, amount from sales order by note, amount desc nulls last
select distinct on (1) note, id from sales order by 1, 2
select count(*) filter (where ok), sum(amount) filter (where qty > 1) from sales
select string_agg(note, ',' order by id), string_agg(note, '|' order by note desc) from sales
select note || '!', note || null, code || note, note || qty, qty || note, 'a' || 1 from sales
select upper(note), lower(code), length(note), substring(note from 2 for 2), left(note, 2), position('i' in note), trim(note), replace(note, 'i', 'x') from sales
select note like 'm%', note like '%ilk', note ilike 'M%', note not like '_r%', note similar to '(milk|bread)', note ~ '^m', note ~* '^M', note !~ 'x' from sales
select id from sales where note like 'm%' and amount > 1 order by id
select id from sales where ok
select id from sales where not ok
select id from sales where ok is not true
select id, ok is true, ok is not true, ok is false, ok is not false, ok is unknown, ok is not unknown from sales
select id from sales where qty between 1 and 5
select id from sales where qty not between 1 and 5
select id from sales where qty between symmetric 5 and 1
select qty::text, qty::int8, amount::int, amount::text, amount::float8, ratio::text, id::numeric, small::int, ok::int, 1::bool, code::text, uid::text from sales where id < 3
select '12'::int, '1.50'::numeric, '1.567'::numeric(10,2), 12.345::numeric(5,1), 'abc'::varchar(2), 'a'::char(3) || 'b', 't'::bool, 3.7::int, 2.5::int, -2.5::int, '2024-01-01'::date
select note::int from sales where id = 5
select note::int from sales where id = 1
select 1/0
select 1.0/0
select 2147483647 + 1
select 9223372036854775807 + 1
select 32767::int2 + 1::int2
select -(-2147483648)
select 5 / 2, -5 / 2, 5 % -3, -5 % 3, 5.0 / 2, 1.0 / 3, 10 / 3.0, 2 ^ 10, 2.0 ^ 0.5
select 0.1 + 0.2, 0.1::float8 + 0.2::float8, 1e20, 1e-5, 1.10 * 1.1, 100000000000000000000 + 1
select round(2.5), round(-2.5), round(2.567, 2), round(2.5::float8), ceil(1.1), floor(-1.1), trunc(1.99), sign(-5), abs(-1.5), mod(7, 3), power(2, 3), sqrt(2)
select null and false, null and true, null or true, null or false, not null::bool
select null = 1, null is null, null in (1), 1 in (null), 1 in (1, null), 1 not in (2, null)
select coalesce(null, 1, 2), coalesce(null::text, 'x'), nullif(1, 1), nullif(1, 2)
select case 1 when 1 then 'a' else 'b' end, case when null then 1 else 2 end, case 'x' when 'y' then 1 end
select id from sales limit 2 offset 1
select count(*) from (select * from sales limit 2) s
select id from sales order by id offset 3
select id from sales order by id limit null
select id from sales order by id limit all offset 4
select id from sales order by id fetch first 2 rows only
select id from sales order by id fetch first row only
select id from sales limit -1
select id from sales offset -1
select id from sales order by id limit 1 + 1
select id from sales order by id limit (select 2)
select meta from sales where meta = '{"a":1,"b":[1,2]}'
select id, day, local, at from sales where day = '2024-01-01'
select id from sales where at >= '2024-01-01' and at < '2024-01-02' order by id
select id from sales where day > '2024-01-01' order by id
select id from sales where uid = '550e8400-e29b-41d4-a716-446655440000' order by id
select raw, doc, meta from sales order by id
select id from sales where raw = '\x41'
select id from sales where ratio > 1 order by id
select id, ratio > 1, ratio = 'NaN', ratio < 'Infinity' from sales order by id
select id from rates where v = 'Infinity'
select id from rates where id = 1.0
select id from rates where id = 1.5
select id from sales where id = 1::float8
select sum(case when ok then 1 else 0 end), sum(case when ok then amount else 0 end), count(case when ok then 1 end) from sales
select note from sales group by note having count(*) > 1
select note, max(amount) - min(amount) from sales group by note order by 2 desc nulls last, 1
select upper(note), count(*) from sales group by upper(note) order by 1
select qty > 1, count(*) from sales group by qty > 1
select 'const', count(*) from sales group by 1
select count(*) from sales group by true
select id % 2, sum(amount) from sales group by id % 2 order by 1
select id % 2 as odd, sum(amount) from sales group by odd order by odd
select count(*), 5 from sales having count(*) > 100
select count(*) from sales where false
select max(id) from sales where false
select note from (select note, count(*) as n from sales group by note) x where n = 2
select x.note, y.total from sales x join (select note, sum(amount) as total from sales group by note) y on x.note = y.note order by x.id
select s.id, t.n from sales s cross join (select count(*) as n from products) t
select a.id, b.id from sales a join sales b on a.note = b.note and a.id < b.id
select id as "select", note as "a""b" from sales where id = 1
select 'it''s', E'a\nb', $$x'y$$, U&'\0041'
select '"' || 'x', 'a;b', '--c', '/*d*/'
select id from sales where note = 'milk' -- comment
select sum(price) from products p join sales s on s.id = p.id where s.ok
select p.name, count(s.id), coalesce(sum(s.amount), 0) from products p left join sales s on s.note = p.name group by p.name order by 1
select p.id, p.name, count(s.id) from products p left join sales s on s.note = p.name group by p.id order by 1
select id from sales where id = any (array[1,3])
select id from sales where note = any ('{milk,bread}')
select id from sales where id <> all (array[1,3])
select id from sales where id = any (null::int[])
select id from sales where not (id = any (array[1,null]))
select array(select id from products order by id), array(select name from products where id > 100)
select (array[10,20])[2], (array[10,20])[3], array_length(array[1,2,3], 1)
select pg_typeof(1), pg_typeof('a'::text), pg_typeof(amount) from sales limit 1
select a.* from (select id, note from sales where id = 1) a
select count(*) from sales s, products p where s.note = p.name and p.price::int > 1
select count(*) from sales where note::text like '%1%' and qty > -100
select id from sales where note is not null and length(note) > 4
select id from sales order by length(note) desc nulls last, id
select id from sales order by -qty nulls first, id
select id, note from sales order by lower(note), id
select id + 1 as x from sales order by x desc
select -id as id from sales order by id
select -id as id from sales order by -id
select t.x from (select id as x from sales) t order by t.x limit 1
select 1 as one from sales group by one
select max(s.amount) from sales s where s.amount < (select max(amount) from sales)
select id from sales s where amount = (select max(amount) from sales x where x.note = s.note) order by id
select s.id from sales s where (select count(*) from products p where p.price < s.amount) > 2 order by 1
select bool_and(ok), bool_or(ok), every(ok) from sales
select sum(distinct qty), count(distinct ok), avg(distinct qty) from sales
select array_agg(id order by id desc), array_agg(distinct qty) from sales
select json_agg(id order by id), jsonb_agg(note order by id) from sales
select to_json(note), to_jsonb(qty), json_build_object('a', id, 'b', note) from sales order by id
select generate_series from generate_series(1, 3)
select n * 2 from generate_series(1, 3) n
select u from unnest(array['a','b']) u
select s.id, g from sales s, generate_series(1, s.small) g where s.id < 3 order by 1, 2
select x, ord from unnest(array['a','b']) with ordinality as t(x, ord)
select value from json_array_elements('[1,{"a":2}]')
select id from sales where id = $1 ;; [1]
select id from sales where amount = $1 ;; ["12.50"]
select id from sales where amount > $1 and note = $2 order by id ;; ["1", "milk"]
select id from sales where id = any($1) order by id ;; [[1,2]]
select $1::int + $2::int, $1 || 'x' ;; [1, 2]
select $1, $2::numeric, $3::text ;; ["a", "1.50", null]
select id from sales order by id limit $1 offset $2 ;; [2, 1]
select id from sales order by id limit $1 ;; [null]
select id from sales limit $1 ;; [-1]
select id in ($1, $2) from sales order by id ;; [1, 2]
select id from sales where day = $1 and ok = $2 ;; ["2024-01-01", true]
select coalesce($1, note) from sales order by id ;; [null]
select case when $1 then amount else $2 end from sales order by id ;; [false, "5"]
select x from unnest($1::int[]) x ;; [[3,1]]
select id from sales where uid = $1 order by id ;; ["550e8400-e29b-41d4-a716-446655440000"]
select id from sales where at > $1 order by id ;; ["2024-01-01 11:00:00+00"]
select note, sum(sum(amount)) over (order by note) from sales group by note order by note
select id, string_agg(note, ',') over (order by id), array_agg(id) over (order by id), sum(ratio) over (order by id), avg(rate) over (order by id) from sales where id < 3 order by id
select 1
select 1, 'a', null, true, 1.5, 99999999999, 1e3, .5
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
select qty in ('a'::text) from sales
select id in (select id from products) from sales
select id = (select max(id) from products), exists (select 1 from products), array(select id from products) from sales
select id in (select id, name from products) from sales
select (select id, name from products) from sales
select (1,2) = (3,4), (qty, id) < (1, 2), row(1,2) = row(1,2) from sales
select (1,2) = (1,2,3)
select note like 5 from sales
select qty is null, note is not null, ok is true, ok is not false, ok is unknown from sales
select qty is true from sales
select qty is distinct from 1, note is not distinct from null, amount is distinct from 1.5 from sales
select at::date, at::timestamp, day::timestamptz, day + 1, day - day, at - at, at + interval '1 day', day + interval '1 hour', local - local from sales
select at at time zone 'UTC', local at time zone 'UTC' from sales
select substring(note from 1 for 2), trim(both 'x' from note), position('a' in note), overlay(note placing 'x' from 1), upper(note), length(note), trim(note) from sales
select meta -> 'a', meta ->> 'a', meta #> '{a,b}', meta @> '{}', meta ? 'x', doc -> 0, doc ->> 'x' from sales
select meta - 'a', meta || '{}'::jsonb from sales
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
select row_number() from sales
select lower(note) over () from sales
select * from sales where row_number() over () = 1
select * from sales where count(*) > 1
select * from sales limit 1 offset 2
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
select interval '1 day' * 2, 2 * interval '1 day', interval '1 day' / 2
select uid = 1 from sales
select raw = '\x00', encode(raw, 'hex'), length(raw) from sales
select ok = 1 from sales
select ratio = 1, ratio > qty, ratio = 1.5, amount = ratio from sales
select sales from sales
select sales.* from sales
select public.sales.id from public.sales
select id from nope.sales
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
select generate_series(1,3)
select * from json_array_elements('[1]') e
select a.id from sales a where exists (select 1 from products p where p.id = a.id and p.name = a.note)
select (select sum(p.price) from products p where p.id = s.id) from sales s group by s.id
select (select sum(p.price) from products p where p.id = s.id) from sales s group by s.note
select id from sales for update
select note from sales group by note for update
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
select sum(case when ok then 1 else 0 end), sum(case when ok then amount else 0 end), sum(amount * qty) from sales
select date_trunc('day', at) as d, sum(amount) from sales group by d order by d
select date_trunc('day', at), sum(amount) from sales group by date_trunc('day', at)
select extract(epoch from at)::int, extract(dow from day) from sales
select note, sum(amount) over (partition by note) from sales group by note
select note, sum(sum(amount)) over (order by note) from sales group by note
select generate_series(1, 2), id from sales where id < 3 order by id, 1
select unnest(array['x', 'y']) as u, 1
select generate_series(1, 3) * 2 as n order by n desc
select unnest(array['550e8400-e29b-41d4-a716-446655440000']::uuid[])
select count(*) from (select unnest(array[1, 2, 3]) as u) t where u > 1
select distinct generate_series(1, 3) % 2
select (select id from sales)
select (select id from sales where id = 3), (select note from sales where id = 100), (select id from sales order by id limit 1)
select id, (select amount from sales x where x.note = s.note) from sales s where note = 'bread'
select id, (select amount from sales x where x.note = s.note) from sales s
select id from sales where amount = (select price * 5 from products where name = 'bread')
select id, lead(amount, 1, 0) over (order by id), lag(qty, 1, 1.5) over (order by id) from sales order by id
select array_append(array[1], 1.5), array[1] || 2::bigint, array_cat(array[1], array[2.5])
select -'x'
select case when false then 1/0 else 1 end
select coalesce(1, 1/0)
select id from sales where false and 1/0 = 1
select 1 where 1 = 1 and true
select distinct note from sales order by note desc nulls last limit 2
select note, count(*) n from sales group by note order by n desc, note nulls first
select s.note, sum(p.price) from sales s join products p on p.name = s.note group by s.note having sum(p.price) > 1 order by 1
select * from (select note, row_number() over (partition by note order by id) rn from sales) t where rn = 1 order by note
select to_char(12.5, '999.99'), to_char(5, '000')
select extract(hour from at), extract(minute from at) from sales order by id
select date_trunc('month', day), date_trunc('hour', at) from sales order by id
select at + interval '1 hour', at - interval '1 day', day + 7, day - 7 from sales order by id
select sum(amount) from sales where at >= timestamptz '2024-01-01 00:00:00+00' and at < timestamptz '2024-01-02 00:00:00+00'
select coalesce(sum(amount), 0)::numeric(12,2) from sales where id > 100
select round(avg(amount), 2), round(sum(amount) / count(*), 2) from sales
select count(*) filter (where amount > 5)::float / count(*) from sales
select note, amount, amount - lag(amount) over (order by id) as diff from sales order by id
select id, sum(amount) over (order by id rows between unbounded preceding and current row) as running from sales order by id
select string_agg(distinct note, ', ' order by note) from sales
select string_agg(note || ':' || id, ',' order by id) from sales
select meta->>'a', meta->'b'->0, meta @> '{"a":1}', meta ? 'a' from sales order by id
select jsonb_build_object('id', id, 'note', note) from sales order by id limit 2
select json_agg(json_build_object('id', id, 'amount', amount) order by id) from sales
select id from sales where meta->>'a' = '1'
select (meta->>'a')::int + 1 from sales where id < 3 order by id
select id from sales where (meta->>'a')::int = 2
select regexp_replace(note, 'm', 'x'), regexp_match(note, 'm(.)'), split_part('a-b-c', '-', 2) from sales order by id
select upper(left(note, 1)) || substr(note, 2) from sales order by id
select note ilike '%MI%' from sales order by id
select md5('a'), encode('abc'::bytea, 'hex'), decode('616263', 'hex'), 'abc'::bytea
select id::text || '-' || qty::text from sales order by id
select greatest(id, qty), least(id, qty, 3) from sales order by id
select sum(qty * amount) from sales
select qty, qty::float8 / 3, qty / 3.0 from sales order by id
select power(qty, 2), sqrt(abs(qty)) from sales order by id
select id from sales where qty in (select qty from sales where qty > 0) order by id
select id from sales s1 where not exists (select 1 from sales s2 where s2.amount > s1.amount) order by id
select a.id, b.id from sales a left join sales b on b.id = a.id + 1 order by a.id
select count(distinct (note)) from sales
select (select array_agg(id order by id) from products) as ids
select x.* from (values (1, 'a', true), (2, null, false)) as x(id, name, ok)
select sum(x) from (values (1), (2.5)) v(x)
select max(v) from (values ('a'), ('b')) t(v)
select * from products where name in ('milk', 'bread') order by price desc
select p.*, s.id as sid from products p left join lateral (select 1 as id) s on true order by p.id
select exists(select 1 from sales where amount > 100) as big, not exists(select 1 from sales) as none
select t.note from sales t where t.note > 'b' and t.note < 'n' order by 1
select id from sales where (amount > 5 or note = 'bread') and (qty > 0 and ok is not null) order by id
select id from sales where coalesce(ok, false) order by id
select amount::text, amount::varchar, amount::int8, amount::numeric(12,3), amount::float8 from sales order by id
select sum(amount)::text, avg(amount)::float8 from sales
select id from sales where amount = 12.50::float8 order by id
select id from sales where amount > qty order by id
select id from sales where amount = qty + 5 order by id
select id from sales where amount between qty and 100 order by id
select case note when 'milk' then 1 when 'bread' then 2 else 0 end from sales order by id
select count(*), count(*) * 1.5, count(*)::numeric / 4 from sales
select 10 % 3, 10.5 % 3, -7 / 2, 7 / -2
select '2024-01-31'::date + interval '1 month', '2024-03-31'::timestamp - interval '1 month'
select '2024-01-01'::date - '2023-12-25'::date, '2024-01-01 12:00'::timestamp - '2024-01-01 10:30'::timestamp
select interval '1 hour 30 minutes' * 2, interval '1 day' + interval '2 hours', interval '3 days' / 2
select '10:30'::time + interval '45 minutes', '2024-01-01'::date + '10:30'::time
select at::date, count(*) from sales group by at::date order by 1
select to_char(at, 'YYYY-MM-DD HH24:MI'), to_char(day, 'Mon DD') from sales order by id
select trim(leading 'x' from 'xxaxx'), ltrim('  a'), rpad('a', 3, 'b'), repeat('ab', 2), reverse('abc'), strpos('abc', 'c'), initcap('hello world')
select bit_and(qty), bit_or(qty) from sales where qty > 0
select variance(qty), stddev(qty), var_pop(qty) from sales
select (1 = 1) = true, true > false, false = 'f'
select not (null is null), (null = 1) is null
select array[1,2,3] @> array[2], array[1,2] && array[2,3], 2 = any(array[1,2]), 5 > all(array[1,2])
select array_to_string(array[1,null,3], ','), string_to_array('a,b', ','), cardinality(array[1,2]), array_position(array['a','b'], 'b')
select unnest(string_to_array('a,b,c', ',')) order by 1 desc
select x, y from generate_series(1, 2) x, generate_series(1, 2) y order by 1, 2
select n, n * n from generate_series(1, 10, 3) as n
select d::date from generate_series('2024-01-01'::timestamp, '2024-01-03'::timestamp, interval '1 day') d
select 1::int2 + 1::int2, 1::int2 * 1::int4, 1::int8 + 1, 5::int2 / 2::int2
select 1e400
select 'NaN'::float8, 'Infinity'::float8 > 1, 'NaN'::numeric
select 'abc' < 'abd', 'a' < 'B', 'é' > 'z'
select '{"a": [1, 2]}'::jsonb #>> '{a,1}', '[1,2]'::jsonb -> -1, jsonb_array_length('[1,2,3]'), jsonb_typeof('{}')
select true::text, false::varchar, 't'::text::bool, 'yes'::bool, 0::bool
select 'x' as "Col A", 1 as "select"
select count(*) from (select distinct note, code from sales) x
select note from sales group by note order by count(*) desc, note limit 1
select note, array_agg(id order by id) from sales group by note order by note
select sum(amount) over w, avg(qty) over w from sales window w as (partition by ok order by id) order by id
select id, count(*) over (partition by note), max(amount) over (partition by note) from sales order by id
select id, ntile(3) over (order by id), percent_rank() over (order by amount) from sales order by id
select rank() over (order by amount desc nulls last, id) from sales order by id
select id, lag(note, 2, 'zz') over (order by id), lead(id) over (order by id desc) from sales order by id
select sum(qty) over (order by id range between 1 preceding and 1 following) from sales order by id
select sum(qty) over (order by note groups between 1 preceding and current row) from sales order by id
select count(*) over (order by id rows between 1 following and 2 following) from sales order by id
select sum(amount) over (order by id rows between 1 preceding and current row exclude current row) from sales order by id
select rate, sum(rate) over (order by id) from sales where id in (1, 2, 3) order by id
select id from sales intersect (select id from products union select 5) order by 1
(select 1 as a order by a) union all (select 2 limit 1) order by a desc
select 1 as a union all select 2 union all select 1 order by 1 limit 2 offset 1
select * from (select id from sales union all select id from products) u order by id
with t as (values (1), (2)) select * from t order by 1
with a(x) as (select 1 union select 2), b as (select x * 2 as y from a) select * from a cross join b order by x, y
select (with q as (select 5 as v) select v from q)
select id from sales where id in (with q as (select 1 as v) select v from q)
select * from sales s join products p using (id, merchant_id) order by id
select id from sales natural join (select 1::bigint as id) x
select count(*) from sales cross join products
select p1.name, p2.name from products p1 join products p2 on p1.price < p2.price order by 1, 2
select s.id from (sales s join products p on s.note = p.name) left join rates r on r.id = s.id order by s.id
select coalesce(s.id, p.id) as id from sales s full outer join products p on s.id = p.id where s.id is null or p.id is null order by 1
