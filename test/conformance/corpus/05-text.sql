SELECT length('héllo'), char_length('日本'), octet_length('héllo'), upper('straße'), lower('ÀÉ'), initcap('hello world-wide')

SELECT trim('  x  '), ltrim('xxay', 'x'), rtrim('ayxx', 'x'), btrim('xyxaxy', 'xy'), trim(both 'x' from 'xax'), trim(leading from '  a')

SELECT substring('hello' from 2 for 3), substring('hello', 2), substr('hello', 2, 2), substring('héllo' from 2 for 1)

SELECT position('l' in 'hello'), strpos('hello', 'lo'), left('hello', 2), right('hello', 2), left('hello', -1)

SELECT lpad('5', 3, '0'), rpad('5', 3, 'x'), lpad('hello', 2), repeat('ab', 3), reverse('abc'), replace('banana', 'a', 'o')

SELECT split_part('a,b,c', ',', 2), split_part('a,b,c', ',', -1), concat('a', NULL, 1, true), concat_ws('-', 'a', NULL, 'b')

SELECT format('%s is %I and %L', 'x', 'col name', 'lit'), quote_ident('Abc'), quote_literal('it''s'), quote_nullable(NULL)

SELECT md5('abc'), encode('\x0102ff'::bytea, 'hex'), encode('abc', 'base64'), decode('YWJj', 'base64')

SELECT ascii('A'), chr(233), to_hex(255), translate('12345', '143', 'ax'), starts_with('hello', 'he')

SELECT 'abc' ~ '^a', 'ABC' ~* 'b', 'abc' !~ 'z', regexp_replace('foobar', 'o+', '0'), regexp_replace('aaa', 'a', 'b', 'g')

SELECT 'a%b' LIKE 'a\%b', 'a_b' LIKE 'a\_b', 'axb' LIKE 'a_b', 'abc' LIKE '%b%', 'x' LIKE '', 'a%' LIKE 'a!%' ESCAPE '!'

SELECT 'abc' SIMILAR TO '(a|x)bc', overlay('Txxxxas' placing 'hom' from 2 for 4)

SELECT 'a' || 1, 1 || 'a', 'a' || NULL, 'x' || true::text, 'n' || 1.50

SELECT 'abc'::varchar(2), 'abc'::char(5), length('abc'::char(5)), 'abc'::char(5) || '|', cast('x' as text)

SELECT ''::text = '', 'a' = 'a ', 'a'::char(3) = 'a'

SELECT md5(''), left('abc', 0), repeat('x', 0), substring('abc', -1, 3), lpad('', 2, 'ab')

SELECT string_to_array('a,b,,c', ','), array_to_string(ARRAY[1, 2, 3], '-')
