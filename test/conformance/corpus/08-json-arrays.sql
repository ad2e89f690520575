SELECT '{"a": 1, "b": [1, 2]}'::json, '{"b": [1,2], "a" :  1}'::jsonb, '[1, 2.50, "x", null, true]'::jsonb

SELECT '{"a": {"b": 5}}'::jsonb -> 'a', '{"a": {"b": 5}}'::jsonb -> 'a' ->> 'b', '[10, 20]'::jsonb -> 1, '[10, 20]'::jsonb ->> -1, '{"a":1}'::json -> 'z'

SELECT '{"a": {"b": [1, 2]}}'::jsonb #> '{a,b}', '{"a": {"b": [1, 2]}}'::jsonb #>> '{a,b,1}'

SELECT '{"a": 1, "b": 2}'::jsonb @> '{"a": 1}', '{"a": 1}'::jsonb <@ '{"a": 1, "b": 2}', '{"a": 1}'::jsonb ? 'a', '["a"]'::jsonb ? 'a', '{"a":1}'::jsonb ?| ARRAY['z', 'a'], '{"a":1}'::jsonb ?& ARRAY['z', 'a']

SELECT '{"a": 1}'::jsonb || '{"b": 2}', '[1]'::jsonb || '2', '{"a": 1, "b": 2}'::jsonb - 'a', '[1, 2, 3]'::jsonb - 1

SELECT jsonb_build_object('a', 1, 'b', 'x', 'c', NULL), json_build_array(1, 'a', true, NULL), jsonb_build_array()

SELECT jsonb_typeof('1'), jsonb_typeof('"x"'), jsonb_typeof('null'), json_typeof('[1]'), jsonb_array_length('[1,2,3]'), json_array_length('[]')

SELECT jsonb_set('{"a": {"b": 1}}', '{a,b}', '2'), jsonb_set('{"a": 1}', '{c}', '3'), jsonb_strip_nulls('{"a": null, "b": 1}')

SELECT to_json('x'::text), to_jsonb(1.50), to_json(true), to_jsonb(now()) IS NOT NULL, row_to_json(NULL) IS NULL

SELECT items, items -> 0 ->> 'sku', (items -> 0 ->> 'qty')::int FROM sales ORDER BY id

SELECT id FROM sales WHERE items @> '[{"sku": "c1"}]' ORDER BY id

SELECT '{"a":1}'::jsonb = '{"a": 1}'::jsonb, '1.0'::jsonb = '1'::jsonb

SELECT '{"z":1,"aa":2,"b":3}'::jsonb, '{"a":1,"a":2}'::jsonb, '"\u00e9\n"'::jsonb

SELECT ARRAY[1, 2, 3], ARRAY['a', 'b'], ARRAY[1.5, 2], '{1,NULL,3}'::int[], ARRAY[]::text[], '{"a b","c,d",NULL,"NULL"}'::text[]

SELECT array_length(ARRAY[1, 2, 3], 1), cardinality(ARRAY[1, 2]), array_upper(ARRAY[5, 6], 1), array_lower(ARRAY[5, 6], 1), array_length('{}'::int[], 1)

SELECT 2 = ANY (ARRAY[1, 2]), 2 <> ALL (ARRAY[1, 3]), 2 = ANY (ARRAY[NULL, 1]::int[]), 'a' = ANY ('{a,b}')

SELECT array_append(ARRAY[1], 2), array_cat(ARRAY[1], ARRAY[2]), ARRAY[1] || 2, ARRAY[1] || ARRAY[2, 3], array_position(ARRAY['a', 'b'], 'b')

SELECT unnest(ARRAY[3, 1, 2])

SELECT x FROM unnest('{b,a}'::text[]) AS x ORDER BY x

SELECT (ARRAY[10, 20, 30])[2], (ARRAY[10, 20])[5]

SELECT ARRAY[1,2] = ARRAY[1,2], ARRAY[1,2] @> ARRAY[1]

SELECT key, value FROM jsonb_each('{"a": 1, "b": "x"}') ORDER BY key

SELECT value FROM jsonb_array_elements('[1, "x", null]')

SELECT jsonb_pretty('{"a": [1]}'), jsonb_extract_path_text('{"a": {"b": "c"}}', 'a', 'b')

SELECT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid = 'a0eebc999c0b4ef8bb6d6bb9bd380a11'::uuid, length(gen_random_uuid()::text)

SELECT '\xdeadbeef'::bytea, 'abc'::bytea, length('\x0001'::bytea), '\x01'::bytea || '\x02'::bytea, '\x01'::bytea < '\x02'::bytea

SELECT true::text, 'yes'::boolean, 'off'::boolean, 1::boolean, false::int, 't'::bool

SELECT * FROM jsonb_each('{"b": 1.50, "a": [1, {"x": null}], "n": null, "s": "q\"\\\u00e9\n", "a": 2}')

SELECT * FROM jsonb_each_text('{"b": 1.50, "a": [1, {"x": null}], "n": null, "s": "q\"\\\u00e9\n"}') AS e

SELECT * FROM json_each('{"b": 1.50, "a": [1,  {"x": null}], "b": null, "k\"\\\u00e9\n": "q\"\\\u00e9\n"}') AS e(k, v)

SELECT e.key, e.value FROM json_each_text('{"b": 1.50, "a": [1,  2], "b": null, "t": true, "s": "q\"\\\u00e9\n"}') e

SELECT id, k, v FROM every_type, jsonb_each(jb) AS x(k, v) WHERE id = 1

SELECT e.key, count(*) FROM sales s, jsonb_array_elements(s.items) i, jsonb_each_text(i) e GROUP BY e.key ORDER BY 1

SELECT key, value ->> 0 FROM jsonb_each('{"a": [7]}')

SELECT * FROM jsonb_each('[1]')

SELECT * FROM json_each('[1]')

SELECT * FROM json_each_text('1')

SELECT * FROM jsonb_each_text('"x"')

SELECT * FROM jsonb_each(NULL)

SELECT jsonb_each('{"a": 1}')
