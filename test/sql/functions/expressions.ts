/**
 * Expressions that are put to our box and to the reference PostgreSQL alike: one a line, grouped by what they
 * exercise. Values, types and errors must be the same.
 */
const table = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

export const EXPRESSIONS: Readonly<Record<string, readonly string[]>> = {
  integers: table(`
    2147483647 + 1
    2147483647::int8 + 1
    9223372036854775807 + 1
    32767::int2 + 1::int2
    -7 / 2
    -7 % 3
    7 / 0
    7 % 0
    (-2147483648)::int4 / -1
    5 & 3
    5 | 3
    5 # 3
    ~5
    1 << 31
    1 << 33
    -8 >> 1
    abs(-5)
    abs((-2147483648)::int4)
    mod(10, 3)
    -(-2147483648)::int4
    gcd(12, 18)
    lcm(4, 6)
    factorial(20)
    1::int2 + 2::int8
    40000::int2
    3000000000::int4
    2.5::int4
    3.5::int4
    -2.5::int4
    2.5::float8::int4
    3.5::float8::int4
    1e10::float8::int4
    'NaN'::float8::int4
    'abc'::int4
    '12'::int4 + 1
    true::int4
    5::bool
    int4 '7' * 6
    to_hex(255)
    to_hex(-1)
    1 = 1.0
    1::int8 = 1::int2
    3 between 1 and 5
    1 <> 2
    null::int4 + 1
  `),
  numerics: table(`
    1.5 + 2.25
    1.50 * 2.00
    10 / 3.0
    1 / 3.0
    2.0 / 3
    100.00 / 7
    0.00001 / 3
    1e10 / 3.0
    5.5 % 2
    -5.5 % 2
    1.0 / 0
    0.0 / 5
    12345678901234567890.123 * 98765432109876543210.987
    round(2.5)
    round(-2.5)
    round(2.345, 2)
    round(1234.567, -2)
    trunc(2.789, 1)
    trunc(-2.789)
    ceil(2.1)
    ceil(-2.1)
    floor(-2.1)
    sign(-2.5)
    sqrt(2.0)
    sqrt(16::numeric)
    sqrt(0.0001)
    sqrt(-1::numeric)
    exp(1.0)
    exp(0.5)
    exp(-10.0)
    ln(2.0)
    ln(10::numeric)
    ln(0.999)
    ln(0::numeric)
    ln(-1::numeric)
    log(100::numeric)
    log(2::numeric, 8)
    log(2.0, 10.0)
    power(2::numeric, 10)
    power(2.5, 3)
    power(2::numeric, 0.5)
    power(99999999.99, 0.5)
    power(100000000.01, 0.5)
    power(99999999.99, 0.25)
    power(1e10, 0.5)
    power(2::numeric, -2)
    power(0::numeric, -1)
    power(-8::numeric, 0.333)
    power(1.0001, 1000)
    2 ^ 10
    2::numeric ^ 3
    div(7.5, 2)
    mod(7.5, 2)
    abs(-1.50)
    -(1.50)
    1.10 = 1.1
    1.10 > 1.09
    'NaN'::numeric = 'NaN'::numeric
    'NaN'::numeric > 1e100
    'Infinity'::numeric - 'Infinity'::numeric
    'Infinity'::numeric * 0
    1 / 'Infinity'::numeric
    scale(1.500)
    min_scale(1.500)
    trim_scale(1.500)
    1234.5678::numeric(6,2)
    12345.678::numeric(6,2)
    0.5::numeric(3,3)
    1::numeric(3,3)
    'NaN'::numeric(5,2)
    1.005::numeric(10,2)
    123::numeric(2)
    1e5::numeric
    1e-5::numeric
    99999.995::numeric(7,2)
    1.5::float8
    0.1::float8::numeric
    123456789.123456789::float8::numeric
    1e20::float8::numeric
    3.14159::float4::numeric
    1e400::numeric::float8
    width_bucket(5.35, 0.024, 10.06, 5)
    greatest(1.5, 2, 1)
    least(1.50, 1.5)
    32768.0::int2
    9223372036854775807.5::int8
    9223372036854775807.4::int8
    'NaN'::numeric::int4
    5::numeric / 2
    1000000.00 / 7.77
    round(10.0 / 3, 2)
    sum(x) from (values (1.10), (2.205)) v(x)
    avg(x) from (values (1), (2), (4)) v(x)
    avg(x) from (values (1.10), (2.205)) v(x)
    sum(x) from (values (9223372036854775807), (9223372036854775807)) v(x)
    avg(x) from (values (9223372036854775807), (-5)) v(x)
    sum(x) from (values (1), (2)) v(x)
    sum(x) from (values (1::int2)) v(x)
    sum(x::float8) from (values (0.1), (0.2), (0.3)) v(x)
    avg(x::float8) from (values (0.1), (0.2), (0.3)) v(x)
    stddev(x) from (values (1), (2), (4)) v(x)
    variance(x) from (values (1.5), (2.5), (4.75)) v(x)
    stddev_pop(x) from (values (1.5), (2.5), (4.75)) v(x)
    var_pop(x) from (values (1), (2), (4)) v(x)
    var_samp(x::float8) from (values (1), (2), (4)) v(x)
    stddev(x) from (values (1)) v(x)
    min(x) from (values (1.5), (10.25), (9)) v(x)
    max(x) from (values (1.5), (10.25), (9)) v(x)
    sum(distinct x) from (values (1.5), (1.50), (2)) v(x)
    count(distinct x) from (values (1.5), (1.50), (2)) v(x)
    sum(distinct x) from (values (1), (1), (2)) v(x)
  `),
  floats: table(`
    1.5::float8 + 2
    1e308::float8 * 10
    1e-308::float8 * 1e-308::float8
    1::float8 / 0
    'NaN'::float8 = 'NaN'::float8
    'NaN'::float8 > 'Infinity'::float8
    round(2.5::float8)
    round(-3.5::float8)
    trunc(2.7::float8)
    ceil(2.1::float8)
    floor(-2.1::float8)
    sign(-0.5::float8)
    sqrt(2::float8)
    sqrt(-1::float8)
    round(cbrt(27::float8)::numeric, 10)
    exp(1::float8)
    ln(10::float8)
    log(100::float8)
    power(2::float8, 0.5)
    power(0::float8, -1)
    power(-8::float8, 0.333)
    power(1::float8, 'NaN')
    degrees(pi())
    radians(180)
    sin(1::float8)
    cos(0::float8)
    atan2(1, 1)
    acos(2::float8)
    pi()
    0.1::float4
    0.1::float4::float8
    1.1::float4 + 1.1::float4
    3.4e38::float4 * 10
    1e39::float8::float4
    1::float8
    1e15::float8
    123456789012345::float8
    -0.0::float8
    abs(-1.5::float8)
    1.5::float8 > 1
    (1/3.0)::float8
    random() < 1
  `),
  text: table(`
    'a' || 'b'
    'a' || 1
    1 || 'a'
    'x' || true
    'é' || 'ß'
    'a' || null
    length('héllo')
    length('😀a')
    char_length('abc')
    octet_length('é')
    bit_length('abc')
    upper('héllo ß ǆ')
    lower('ÀÉ İ')
    initcap('hello wORLD o''neil élan 2nd')
    trim('  x ')
    trim(both 'xy' from 'xyhixyx')
    ltrim('  x')
    rtrim('xxabc', 'bc')
    btrim('xyxtrimyyx', 'xyz')
    substring('hello' from 2 for 3)
    substring('hello' from -1 for 3)
    substring('hello' from 2)
    substring('hello' for 2)
    substring('hello', 2, -1)
    substring('Thomas' from '...$')
    substring('foobar' from 'o(.)b')
    substr('alphabet', 3, 2)
    position('lo' in 'hello')
    strpos('high', 'ig')
    overlay('Txxxxas' placing 'hom' from 2 for 4)
    left('abcde', 2)
    left('abcde', -2)
    right('abcde', 2)
    right('abcde', -2)
    lpad('hi', 5, 'xy')
    lpad('hello', 3)
    rpad('hi', 5)
    repeat('ab', 3)
    repeat('ab', -1)
    replace('abcabc', 'b', 'X$&')
    replace('abc', '', 'x')
    reverse('abcé')
    split_part('a,b,c', ',', 2)
    split_part('a,b,c', ',', -1)
    split_part('a,b,c', ',', 0)
    split_part('a,b,c', ',', 9)
    concat('a', null, 1, true, 2.50)
    concat_ws('-', 'a', null, 'b', 3)
    concat_ws(null, 'a')
    format('Hello %s, %I, %L, %%', 'World', 'my col', 'it''s')
    format('%2$s %1$s', 'a', 'b')
    format('|%10s|%-10s|', 'a', 'b')
    format('%s', null)
    format('%I', null)
    format('%s')
    format('%x', 1)
    quote_ident('select')
    quote_ident('my_col')
    quote_ident('My Col')
    quote_literal('it''s')
    quote_literal('a\\b')
    quote_literal(42)
    quote_nullable(null)
    md5('abc')
    md5('')
    encode('abc'::bytea, 'base64')
    encode('abc'::bytea, 'hex')
    encode('a\\000b'::bytea, 'escape')
    decode('YWJj', 'base64')
    decode('616263', 'hex')
    decode('zz', 'hex')
    decode('a', 'foo')
    sha256('abc'::bytea)
    ascii('x')
    ascii('é')
    chr(233)
    chr(0)
    translate('12345', '143', 'ax')
    starts_with('alphabet', 'alph')
    'abc' like 'a%'
    'abc' like 'A%'
    'abc' ilike 'A%'
    'abc' like '_b_'
    'abc' like 'ab'
    'a%c' like 'a\\%c'
    'a%c' like 'a!%c' escape '!'
    'abc' like 'ab\\'
    'abc' not like 'b%'
    'É' ilike 'é'
    'a' < 'B'
    'a' < 'b'
    'abc'::varchar(2)
    'abc'::char(5) || 'x'
    'ab'::char(5) = 'ab'
    length('ab'::char(5))
    'abc'::varchar
    'abcdef'::name
    'abc'::"char"
    string_to_array('a,b,,c', ',')
    string_to_array('a,b,c', ',', 'b')
    string_to_array('abc', null)
    string_to_array('', ',')
    array_to_string(array[1,2,null,3], ',')
    array_to_string(array[1,2,null,3], ',', '*')
    string_agg(x, ',') from (values ('a'), ('b'), (null)) v(x)
    string_agg(x, ',' order by x desc) from (values ('a'), ('b'), ('c')) v(x)
    string_agg(distinct x, ',') from (values ('b'), ('a'), ('b')) v(x)
    min(x) from (values ('b'), ('a'), ('É')) v(x)
    coalesce(null, 'x')
    nullif('a', 'a')
    greatest('a', 'b', null)
    least(3, null, 1)
    case when 1 > 2 then 'a' else 'b' end
    to_char(1234567.891, '9,999,999.99')
    to_char(-5.5, '999.99')
    to_char(0.5, '0.00')
    to_char(0.5, '9.99')
    to_char(12, '0000')
    to_char(1234.5, 'FM9999.00')
    to_char(1234.5, 'FM999,999.99')
    to_char(-12.3, 'S99.9')
    to_char(-12.3, '99.9MI')
    to_char(-12.3, '99.9PR')
    to_char(123456, '999')
    to_char(485, 'RN')
    to_char(1, '9th')
    to_char(12.5::float8, '99.99')
    to_char(125, 'L999')
    to_char(3, 'FM00')
    to_char(0, 'FM999.99')
    to_char(0.5, 'FM999.99')
    to_char(0, '999.99')
    to_char(0.00, 'FM0.00')
    to_char(1234567.5, 'FM9,999,999.00')
    to_number('12,454.8-', '99G999D9S')
    to_number('1234.56', '9999.99')
    isfinite(current_date)
  `),
  patterns: table(`
    'abc' ~ '^a.c$'
    'abc' ~ '^A'
    'abc' ~* '^A'
    'abc' !~ 'b'
    'abc' !~* 'B'
    'foo.bar' ~ 'foo\\.bar'
    'x1' ~ '\\d'
    'é' ~ '^\\w$'
    'a b' ~ '\\s'
    'hello world' ~ '\\mworld\\M'
    'abc' ~ '[[:alpha:]]+'
    'abc' ~ '[[:digit:]]'
    'a' ~ '('
    'a' ~ '['
    'a' ~ '*a'
    'a' ~ 'a{2'
    'ab]' ~ '[]]'
    'abab' ~ '^(ab)\\1$'
    regexp_replace('foobarbaz', 'b..', 'X')
    regexp_replace('foobarbaz', 'b..', 'X', 'g')
    regexp_replace('foobarbaz', 'b(..)', 'X\\1Y', 'g')
    regexp_replace('FooBar', 'o', '0', 'gi')
    regexp_replace('abc', 'x*', '-', 'g')
    regexp_replace('abcd', 'a|ab', 'X')
    regexp_replace('abc', 'b', '[\\&]')
    regexp_match('foobarbequebaz', '(bar)(beque)')
    regexp_match('foobarbequebaz', 'bar.*que')
    regexp_match('abc', 'x')
    regexp_split_to_array('hello world  x', '\\s+')
    regexp_split_to_array('abc', '')
    'abc' similar to 'a(b|x)c'
    'abc' similar to 'a%'
    'abc' similar to '_b_'
    'abc' similar to 'b'
    'a%c' similar to 'a\\%c'
    regexp_replace('2024-01-02', '(\\d+)-(\\d+)-(\\d+)', '\\3/\\2/\\1')
    regexp_replace('a', 'a', 'b', 'z')
    'abc' ~ '(?i)ABC'
    substring('abcdefg' similar 'a#"(b_d)#"%' escape '#')
    'aXb' ~ 'a.b'
    E'a\\nb' ~ 'a.b'
    E'a\\nb' ~ '^b'
    E'a\\nb' ~ '(?n)^b'
    regexp_count('abcabc', 'b')
    regexp_match('abc', 'a(b$)?')
    regexp_replace('foo foobar', '\\y(foo|foobar)\\y', 'X', 'g')
    regexp_match('xab', '(a|ab)$')
    regexp_match('aba ab', '(a|ab)(?= )')
    regexp_replace('ABCabc', '[a-b]', 'x', 'gi')
    'ÀB' ~* 'àb'
    'K' ~* '[[:lower:]]'
    regexp_match('aXbXc', 'a.*?X')
    '😀' ~ '^.$'
    regexp_replace('a😀b', '.', 'x', 'g')
    regexp_like('Abc', 'abc', 'i')
  `),
  dates: table(`
    '2024-05-01'::date + 5
    '2024-05-01'::date - '2024-04-01'::date
    '2024-05-01'::date + interval '1 month'
    '2024-01-31'::date + interval '1 month'
    '2024-01-31'::timestamp + interval '1 month'
    '2024-03-31'::timestamp - interval '1 month'
    '2024-05-01 10:00'::timestamp - '2024-04-01 12:30'::timestamp
    '2024-05-01 10:00+00'::timestamptz - '2024-04-01 12:30+00'::timestamptz
    '2024-03-09 12:00'::timestamptz + interval '1 day'
    '2024-03-09 12:00'::timestamptz + interval '24 hours'
    '2024-05-01'::date + time '10:30'
    time '10:30' + interval '2 hours'
    time '10:30' - time '09:00'
    date_trunc('hour', timestamp '2024-05-17 10:35:47.123')
    date_trunc('week', timestamp '2024-05-17 10:35:47.123')
    date_trunc('month', timestamptz '2024-05-17 10:35:47.123+00')
    date_trunc('quarter', timestamp '2024-05-17')
    date_trunc('year', timestamp '2024-05-17')
    date_trunc('decade', timestamp '2024-05-17')
    date_trunc('century', timestamp '2024-05-17')
    date_trunc('millennium', timestamp '2024-05-17')
    date_trunc('day', timestamptz '2024-03-10 12:00+00')
    date_trunc('day', timestamptz '2024-03-10 12:00+00', 'Asia/Tokyo')
    date_trunc('milliseconds', timestamp '2024-05-17 10:35:47.123456')
    date_trunc('foo', timestamp '2024-05-17')
    date_trunc('dow', timestamp '2024-05-17')
    date_trunc('month', interval '1 year 2 mons 15 days 10:00')
    date_trunc('week', interval '15 days')
    date_trunc('hour', timestamptz '2024-11-03 06:30+00')
    extract(year from timestamp '2024-05-17 10:35:47.123')
    extract(epoch from timestamp '2024-05-17 10:35:47.123')
    extract(epoch from timestamptz '2024-05-17 10:35:47.123+00')
    extract(dow from date '2024-05-19')
    extract(isodow from date '2024-05-19')
    extract(doy from date '2024-05-19')
    extract(week from date '2024-12-31')
    extract(isoyear from date '2024-12-31')
    extract(quarter from date '2024-12-31')
    extract(second from timestamp '2024-05-17 10:35:47.123')
    extract(milliseconds from timestamp '2024-05-17 10:35:47.123')
    extract(microseconds from timestamp '2024-05-17 10:35:47.123')
    extract(century from date '2000-12-31')
    extract(decade from date '2024-12-31')
    extract(millennium from date '2001-01-01')
    extract(julian from date '2024-05-17')
    extract(julian from timestamp '2024-05-17 12:00')
    extract(epoch from date '2024-05-17')
    extract(hour from date '2024-05-17')
    extract(hour from time '10:35:47.5')
    extract(second from time '10:35:47.5')
    extract(epoch from time '10:35:47.5')
    extract(year from time '10:35:47.5')
    extract(timezone from timestamptz '2024-05-17 10:35+00')
    extract(timezone_hour from timestamptz '2024-05-17 10:35+00')
    extract(epoch from interval '1 year 2 mons 3 days 04:05:06.7')
    extract(day from interval '40 days 100 hours')
    extract(hour from interval '40 days 100 hours')
    extract(month from interval '25 months')
    extract(second from interval '1:02:03.45')
    extract(year from 'infinity'::timestamp)
    extract(month from 'infinity'::timestamp)
    extract(foo from timestamp '2024-05-17')
    date_part('hour', timestamp '2024-05-17 10:35:47.123')
    date_part('epoch', timestamp '2024-05-17 10:35:47.123')
    date_part('second', timestamptz '2024-05-17 10:35:47.123+00')
    date_part('hour', date '2024-05-17')
    age(timestamp '2024-05-17', timestamp '2000-12-31')
    age(timestamp '2000-12-31', timestamp '2024-05-17')
    age(timestamp '2024-03-31 10:00', timestamp '2024-02-29 12:00')
    age(timestamptz '2024-05-17', timestamptz '2000-12-31')
    timestamp '2024-05-17 10:00' at time zone 'UTC'
    timestamptz '2024-05-17 10:00+00' at time zone 'Asia/Kolkata'
    timestamp '2024-05-17 10:00' at time zone 'Asia/Kolkata'
    timestamptz '2024-05-17 10:00+00' at time zone 'EST'
    timestamptz '2024-05-17 10:00+00' at time zone interval '-02:30'
    timestamptz '2024-05-17 10:00+00' at time zone 'Foo/Bar'
    timestamptz '2024-05-17 10:00+00' at time zone '+03'
    make_date(2024, 2, 29)
    make_date(2023, 2, 29)
    make_date(-44, 3, 15)
    make_time(10, 30, 15.5)
    make_timestamp(2024, 5, 17, 10, 30, 15.5)
    make_timestamptz(2024, 5, 17, 10, 30, 15.5)
    make_timestamptz(2024, 5, 17, 10, 30, 15.5, 'Asia/Tokyo')
    make_interval(1, 2, 3, 4, 5, 6, 7.5)
    make_interval(days => 10)
    justify_days(interval '65 days')
    justify_hours(interval '50 hours 10 minutes')
    justify_interval(interval '1 mon -1 hour')
    interval '1 day' * 2.5
    interval '1 month' * 1.5
    interval '1 day 02:00' / 3
    interval '1 day' / 0
    2 * interval '90 minutes'
    interval '1 day' + interval '2 hours'
    -interval '1 day 2 hours'
    interval '1 day' = interval '24 hours'
    interval '1 month' > interval '29 days'
    interval '5' day
    interval '5' hour
    interval '1 day 5 hours' day
    interval '1-2' year to month
    interval '14 months' year
    interval '3:04:05.6' hour to minute
    interval '1.23456 seconds'::interval(2)
    interval '1.5 years'
    isfinite(timestamp 'infinity')
    '2024-05-17'::timestamp::date
    '2024-05-17 23:30+00'::timestamptz::date
    '2024-05-17 23:30'::timestamp::time
    '2024-05-17 23:30+00'::timestamptz::timestamp
    '2024-05-17'::date::timestamptz
    '10:30'::time::interval
    interval '25:30'::time
    '2024-05-17 10:00:00.123456'::timestamp(2)
    '2024-05-17 10:00:00.999'::timestamp(0)
    '10:00:00.6'::time(0)
    to_char(timestamp '2024-05-17 10:35:47.123456', 'YYYY-MM-DD HH24:MI:SS.MS')
    to_char(timestamp '2024-05-17 22:35:47', 'Day, DD Month YYYY HH12:MI PM')
    to_char(timestamp '2024-05-07 22:35:47', 'FMDay, FMDDth FMMonth YYYY')
    to_char(timestamp '2024-05-17', 'Dy Mon DDD IW ID WW W Q CC J')
    to_char(timestamptz '2024-05-17 10:00+00', 'HH24:MI TZ OF')
    to_char(interval '1 day 15:02:12', 'HH24:MI:SS')
    to_char(interval '-3 days', 'DD|FMDD|DDD')
    to_char(interval '-15 days', 'DD|DDD')
    to_char(interval '-3 mons', 'MM|FMMM|DD')
    to_char(interval '-14 years', 'YYYY|YY|CC')
    to_char(interval '1450 years', 'YYYY|CC')
    to_char(date '2024-05-17', '"Q"Q YYYY')
    to_char(timestamp '2024-05-17 10:35:47.123456', 'US FF3 SSSS AM a.m.')
    to_char(date '0044-03-15 BC', 'YYYY-MM-DD BC')
    to_date('05 Dec 2000', 'DD Mon YYYY')
    to_date('20240517', 'YYYYMMDD')
    to_date('2024-13-01', 'YYYY-MM-DD')
    to_timestamp('2024-05-17 10:35:47', 'YYYY-MM-DD HH24:MI:SS')
    to_timestamp('05/17/24 3:04 PM', 'MM/DD/YY HH:MI PM')
    to_timestamp(1715942147.5)
    to_timestamp(0)
    date '2024-05-17' = timestamp '2024-05-17 00:00'
    date '2024-05-17' < timestamptz '2024-05-17 12:00+00'
    timestamp '2024-05-17 10:00' = timestamptz '2024-05-17 10:00'
    'infinity'::date - 5
    'infinity'::date - '2024-01-01'::date
    'infinity'::timestamp - now()::timestamp
    date '5874897-12-31' + 1
    timestamp '294276-12-31' + interval '1 day'
    date '5874897-12-31'::timestamp
    date_bin('15 minutes', timestamp '2024-05-17 10:35:47', timestamp '2001-01-01')
    date('2024-05-17 10:00')
    current_date = now()::date
    sum(x) from (values (interval '1 day'), (interval '2 hours')) v(x)
    avg(x) from (values (interval '1 day'), (interval '2 hours')) v(x)
    max(x) from (values (interval '1 day'), (interval '25 hours')) v(x)
    min(x) from (values (date '2024-01-02'), (date '2024-01-01')) v(x)
    timestamptz '2024-05-17 10:00:00+00'
    '2024-05-17T10:00:00Z'::timestamptz
  `),
  json: table(`
    '{"a": {"b": [1, 2, {"c": null}]}}'::jsonb -> 'a'
    '{"a": {"b": [1, 2, {"c": null}]}}'::jsonb -> 'a' -> 'b' -> 0
    '{"a": {"b": [1, 2, {"c": null}]}}'::jsonb #> '{a,b,-1}'
    '{"a": {"b": [1, 2, {"c": null}]}}'::jsonb #>> '{a,b,2,c}'
    '{"a": "x"}'::jsonb ->> 'a'
    '{"a": null}'::jsonb ->> 'a'
    '{"a": null}'::jsonb -> 'a'
    '{"a": 1}'::jsonb -> 'z'
    '[1,2,3]'::jsonb -> -1
    '[1,2,3]'::jsonb ->> 1
    '{"a" : 1, "a": 2}'::json -> 'a'
    '{"a" :  {"b":  1}}'::json -> 'a'
    '{"a": "x\\u00e9"}'::json ->> 'a'
    '[1, "two" ]'::json -> 1
    '{"a": [1,2]}'::json #>> '{a,1}'
    '{"a":1,"b":2}'::jsonb @> '{"b":2}'
    '[1,2,[1,3]]'::jsonb @> '[1,3]'
    '[1,2]'::jsonb @> '1'
    '{"a":1}'::jsonb <@ '{"a":1,"b":2}'
    '{"a":1}'::jsonb ? 'a'
    '["a","b"]'::jsonb ? 'b'
    '{"a":1}'::jsonb ?| array['b','a']
    '{"a":1}'::jsonb ?& array['b','a']
    '{"a":1}'::jsonb || '{"b":2}'
    '[1]'::jsonb || '2'
    '1'::jsonb || '2'
    '{"a":1,"b":2}'::jsonb - 'a'
    '["a","b"]'::jsonb - 'a'
    '[1,2,3]'::jsonb - 1
    '{"a":1,"b":2}'::jsonb - array['a','b']
    '"x"'::jsonb - 'a'
    '{"a":{"b":1}}'::jsonb #- '{a,b}'
    jsonb_set('{"a":1}', '{b}', '2')
    jsonb_set('{"a":[1,2]}', '{a,0}', '9')
    jsonb_set('{"a":1}', '{b}', '2', false)
    jsonb_set('[1]', '{5}', '2')
    jsonb_set('[1]', '{x}', '2')
    jsonb_insert('{"a":[0,1,2]}', '{a,1}', '"x"')
    jsonb_insert('{"a":[0,1,2]}', '{a,1}', '"x"', true)
    jsonb_insert('{"a":1}', '{a}', '2')
    jsonb_typeof('[1]')
    jsonb_typeof('1.5')
    json_typeof('null')
    jsonb_array_length('[1,2,3]')
    jsonb_array_length('{"a":1}')
    json_array_length('[1,2,3]')
    jsonb_strip_nulls('{"a":null,"b":[1,null]}')
    json_strip_nulls('{"a":null, "b":[1, null]}')
    jsonb_pretty('{"a":[1,2],"b":{}}')
    jsonb_build_object('a', 1, 'b', 'x', 'c', null, 'd', 1.50, 'e', true)
    json_build_object('a', 1, 'b', 'x', 'c', null, 'd', 1.50, 'e', true)
    jsonb_build_array(1, 'a', null, 2.0)
    json_build_array(1, 'a', null, 2.0)
    json_build_object('a', timestamp '2024-05-17 10:00', 'b', date '2024-05-17', 'c', timestamptz '2024-05-17 10:00+00')
    jsonb_build_object('a', array[1,2], 'b', '{"x":1}'::jsonb)
    json_object('{a,1,b,2}')
    jsonb_object('{a,b}', '{1,2}')
    to_json('x'::text)
    to_json(1.50)
    to_jsonb('2024-05-17'::date)
    to_jsonb(array['a','b'])
    to_json(array[1,2])
    array_to_json(array[1,2])
    to_jsonb('NaN'::float8)
    '{"b":1,"a":2}'::jsonb = '{"a":2,"b":1.0}'::jsonb
    '[1,2]'::jsonb < '[1,3]'::jsonb
    '{}'::jsonb > '[]'::jsonb
    '1'::jsonb::int4
    '"x"'::jsonb::int4
    'true'::jsonb::bool
    '1.5'::jsonb::numeric
    '{"a":1}'::jsonb::text
    '{"a" :1}'::json::jsonb
    '{"a":1}'::jsonb::json
    jsonb_extract_path('{"a":{"b":1}}', 'a', 'b')
    jsonb_extract_path_text('{"a":{"b":"x"}}', 'a', 'b')
    json_agg(x) from (values (1), (2), (null)) v(x)
    jsonb_agg(x order by x desc) from (values ('a'), ('b')) v(x)
    json_agg(x) from (values (1.50)) v(x)
    jsonb_object_agg(k, v) from (values ('b', 1), ('a', 2)) t(k, v)
    json_object_agg(k, v) from (values ('b', 1), ('a', 2)) t(k, v)
    json_agg(x) from (values (1)) v(x) where false
    '{"a":1'::jsonb
    '{"a":"\\u0000"}'::jsonb
  `),
  arrays: table(`
    array[1,2,3]
    array['a','b c',null]
    array[1.50, 2]
    array[]::int4[]
    array_length(array[1,2,3], 1)
    array_length(array[]::int4[], 1)
    array_length(array[1,2], 2)
    array_upper(array[1,2], 1)
    array_lower(array[1,2], 1)
    cardinality(array[1,2])
    array_ndims(array[1,2])
    array_position(array['a','b','c'], 'b')
    array_position(array[1,2,3], 9)
    array_positions(array[1,2,1], 1)
    array_append(array[1,2], 3)
    array_prepend(0, array[1,2])
    array_cat(array[1], array[2])
    array_remove(array[1,2,1], 1)
    array_replace(array[1,2,1], 1, 9)
    array[1,2] || 3
    0 || array[1,2]
    array[1] || array[2,3]
    array[1,2] @> array[1]
    array[1,2] <@ array[1,2,3]
    array[1,2] && array[2,3]
    array[1,2] = array[1,2]
    array[1,2] < array[1,3]
    array['a'] < array['b']
    array[1.0] = array[1.00]
    2 = any(array[1,2])
    5 = any(array[1,2])
    5 = any(array[1,null])
    1 = all(array[1,1])
    3 > all(array[1,2])
    3 <> all(array[1,2])
    1.0 = any(array[1.00, 2])
    'a' = any('{a,b}')
    'b' like any(array['a%','b%'])
    (array[1,2,3])[2]
    (array[1,2,3])[9]
    '{1,2,3}'::int4[]
    '{1,2,3}'::int4[]::text[]
    '{1.5}'::numeric[]::int4[]
    array_agg(x) from (values (1), (null), (2)) v(x)
    array_agg(x order by x desc) from (values ('a'), ('b')) v(x)
    array_agg(distinct x) from (values (2), (1), (2)) v(x)
    array_agg(x) from (values (1)) v(x) where false
    x from unnest(array[1,2]) x limit 1
    array(select 1 union all select 2)
    1 in (1, 2)
    1 not in (2, null)
    generate_series(1, 3) limit 1
    sum(x) from generate_series(1, 10) x
    count(*) from generate_series(1, 10, 3) x
    count(*) from generate_series(1, 10, 0) x
    max(x) from generate_series(timestamp '2024-01-01', '2024-01-05', '1 day') x
    bool_and(x) from (values (true), (false)) v(x)
    bool_or(x) from (values (true), (false)) v(x)
    every(x) from (values (true), (null)) v(x)
    bit_and(x) from (values (5), (3)) v(x)
    bit_or(x) from (values (5), (3)) v(x)
    count(*) filter (where x > 1) from (values (1), (2)) v(x)
  `),
  other: table(`
    true and null
    not true
    true = 't'
    true > false
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid < 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid
    '\\xdeadbeef'::bytea
    '\\xdead'::bytea || '\\xbeef'::bytea
    length('\\xdeadbeef'::bytea)
    substring('\\xdeadbeef'::bytea from 2 for 2)
    get_byte('\\xdeadbeef'::bytea, 1)
    convert_from('\\xc3a9'::bytea, 'UTF8')
    convert_to('é', 'UTF8')
    1::text
    1.50::text
    true::text
    true::varchar
    now()::text is not null
    '2024-05-17'::date::text
    interval '1 day'::text
    'x'::text::int4
    ' 5 '::text::int4
    '1.5'::text::numeric
    't'::text::bool
    pg_typeof(1)
    pg_typeof(1.5)
    pg_typeof('x')
    pg_typeof(now())
    1::oid
    (-1)::oid
    4294967296::oid
    23::regtype
    'integer'::regtype
    format_type(1700, 655366)
    format_type(1043, 24)
    format_type(23, null)
    num_nulls(1, null, 2)
    current_setting('server_version_num') is not null
    current_setting('nope')
    current_setting('nope', true)
    version() like 'PostgreSQL 15.18%'
    gen_random_uuid() <> gen_random_uuid()
    1 is distinct from null
    null is null
    row_number() over (order by x) from (values (1)) v(x)
    rank() over (order by x) from (values (1)) v(x)
    sum(x) over (order by x) from (values (1.5)) v(x)
    lag(x) over (order by x) from (values (1)) v(x)
    ntile(2) over (order by x) from (values (1)) v(x)
    nosuch(1)
    upper(1)
    1 + 'a'
    'a' + 'b'
    date '2024-01-01' + date '2024-01-02'
    abs('x'::text)
  `),
};
