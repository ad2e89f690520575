/**
 * json, jsonb and arrays: what the analyser resolves against. jsonb is TEXT in its canonical form and compares
 * by `COLLATE helios_jsonb`; an array is the JSON text of its elements' stored values and compares by
 * `COLLATE helios_array` (`helios_array_numeric` where the elements are numeric).
 *
 * `x = ANY(array)` and friends are printed by `printing.ts`; unnest and the other set-returning
 * functions give a JSON array here, which the analyser reads with SQLite's json_each.
 */
import { comparisons, readSignatures } from './signature.ts';

const JSON_OPERATORS = ['json', 'jsonb']
  .map(
    (type) => `
    ${type} -> text => ${type} | helios_${type}_get($1, $2)
    ${type} -> int4 => ${type} | helios_${type}_get($1, $2)
    ${type} ->> text => text | helios_${type}_get_text($1, $2)
    ${type} ->> int4 => text | helios_${type}_get_text($1, $2)
    ${type} #> _text => ${type} | helios_${type}_path($1, $2)
    ${type} #>> _text => text | helios_${type}_path_text($1, $2)
    ${type}_typeof(${type}) => text | helios_json_typeof($1)
    ${type}_array_length(${type}) => int4 | helios_json_array_length($1)
    ${type}_extract_path(${type}, variadic text) => ${type} | helios_${type}_path($1, helios_array_build(25, $v2))
    ${type}_extract_path_text(${type}, variadic text) => text | helios_${type}_path_text($1, helios_array_build(25, $v2))
    ${type}_strip_nulls(${type}) => ${type} | helios_${type}_strip_nulls($1)
    ${type}_build_object() => ${type} stable nonstrict | helios_${type}_build_object()
    ${type}_build_object(variadic any) => ${type} stable nonstrict | helios_${type}_build_object($p*)
    ${type}_build_array() => ${type} stable nonstrict | helios_${type}_build_array()
    ${type}_build_array(variadic any) => ${type} stable nonstrict | helios_${type}_build_array($p*)
    ${type}_object(_text) => ${type} | helios_${type}_object($1)
    ${type}_object(_text, _text) => ${type} | helios_${type}_object($1, $2)
    ${type}_array_elements(${type}) => ${type} retset | helios_${type}_elements($1)
    ${type}_array_elements_text(${type}) => text retset | helios_json_elements_text($1)
    ${type}_each(${type}) => record retset | helios_${type}_each($1)
    ${type}_each_text(${type}) => record retset | helios_${type}_each_text($1)
    ${type}_object_keys(${type}) => text retset | helios_json_object_keys($1)`,
  )
  .join('\n');

const JSONB = `
  jsonb @> jsonb => bool | helios_jsonb_contains($1, $2)
  jsonb <@ jsonb => bool | helios_jsonb_contains($2, $1)
  jsonb ? text => bool | helios_jsonb_exists($1, $2)
  jsonb ?| _text => bool | helios_jsonb_exists_any($1, $2)
  jsonb ?& _text => bool | helios_jsonb_exists_all($1, $2)
  jsonb || jsonb => jsonb | helios_jsonb_concat($1, $2)
  jsonb - text => jsonb | helios_jsonb_delete($1, $2)
  jsonb - int4 => jsonb | helios_jsonb_delete($1, $2)
  jsonb - _text => jsonb | helios_jsonb_delete_keys($1, $2)
  jsonb #- _text => jsonb | helios_jsonb_delete_path($1, $2)
  jsonb_set(jsonb, _text, jsonb) => jsonb | helios_jsonb_set($1, $2, $3, 1)
  jsonb_set(jsonb, _text, jsonb, bool) => jsonb | helios_jsonb_set($1, $2, $3, $4)
  jsonb_insert(jsonb, _text, jsonb) => jsonb | helios_jsonb_insert($1, $2, $3, 0)
  jsonb_insert(jsonb, _text, jsonb, bool) => jsonb | helios_jsonb_insert($1, $2, $3, $4)
  jsonb_pretty(jsonb) => text | helios_jsonb_pretty($1)
  to_json(anyelement) => json stable | helios_to_json($t1, $1)
  to_jsonb(anyelement) => jsonb stable | helios_to_jsonb($t1, $1)
  array_to_json(anyarray) => json stable | helios_to_json($t1, $1)
`;

const ARRAYS = `
  array_length(anyarray, int4) => int4 | helios_array_length($1, $2)
  array_upper(anyarray, int4) => int4 | helios_array_length($1, $2)
  array_lower(anyarray, int4) => int4 | helios_array_lower($1, $2)
  array_ndims(anyarray) => int4 | helios_array_ndims($1)
  cardinality(anyarray) => int4 | helios_array_cardinality($1)
  array_to_string(anyarray, text) => text stable | helios_array_to_string($e1, $1, $2, NULL)
  array_to_string(anyarray, text, text) => text stable nonstrict | helios_array_to_string($e1, $1, $2, $3)
  string_to_array(text, text) => _text nonstrict | helios_string_to_array($1, $2, NULL)
  string_to_array(text, text, text) => _text nonstrict | helios_string_to_array($1, $2, $3)
  array_position(anyarray, anyelement) => int4 nonstrict | helios_array_position($e1, $1, $2)
  array_position(anyarray, anyelement, int4) => int4 nonstrict | helios_array_position($e1, $1, $2, $3)
  array_positions(anyarray, anyelement) => _int4 nonstrict | helios_array_positions($e1, $1, $2)
  array_append(anyarray, anyelement) => anyarray nonstrict | helios_array_append($e1, $1, $2)
  array_prepend(anyelement, anyarray) => anyarray nonstrict | helios_array_prepend($e2, $1, $2)
  array_cat(anyarray, anyarray) => anyarray nonstrict | helios_array_cat($1, $2)
  array_remove(anyarray, anyelement) => anyarray nonstrict | helios_array_remove($e1, $1, $2)
  array_replace(anyarray, anyelement, anyelement) => anyarray nonstrict | helios_array_replace($e1, $1, $2, $3)
  anyarray || anyelement => anyarray nonstrict | helios_array_append($e1, $1, $2)
  anyelement || anyarray => anyarray nonstrict | helios_array_prepend($e2, $1, $2)
  anyarray || anyarray => anyarray nonstrict | helios_array_cat($1, $2)
  anyarray @> anyarray => bool | helios_array_contains($e1, $1, $2)
  anyarray <@ anyarray => bool | helios_array_contains($e1, $2, $1)
  anyarray && anyarray => bool | helios_array_overlaps($e1, $1, $2)
  unnest(anyarray) => anyelement retset | $1
  regexp_matches(text, text) => _text retset | helios_regex_matches($1, $2, '')
  regexp_matches(text, text, text) => _text retset | helios_regex_matches($1, $2, $3)
  regexp_split_to_table(text, text) => text retset | helios_regex_split($1, $2, '')
  regexp_split_to_table(text, text, text) => text retset | helios_regex_split($1, $2, $3)
  string_to_table(text, text) => text retset nonstrict | helios_string_to_array($1, $2, NULL)
  generate_series(int4, int4) => int4 retset | helios_series_int($1, $2, 1)
  generate_series(int4, int4, int4) => int4 retset | helios_series_int($1, $2, $3)
  generate_series(int8, int8) => int8 retset | helios_series_int($1, $2, 1)
  generate_series(int8, int8, int8) => int8 retset | helios_series_int($1, $2, $3)
  generate_series(numeric, numeric) => numeric retset | helios_series_numeric($1, $2, '1')
  generate_series(numeric, numeric, numeric) => numeric retset | helios_series_numeric($1, $2, $3)
  generate_series(timestamp, timestamp, interval) => timestamp retset | helios_series_timestamp($1, $2, $3)
  generate_series(timestamptz, timestamptz, interval) => timestamptz stable retset | helios_series_timestamptz($1, $2, $3)
  generate_subscripts(anyarray, int4) => int4 retset | helios_series_int(1, helios_array_length($1, $2), 1)
`;

const ARRAY_COMPARISONS = comparisons('anyarray', 'anyarray', '($1 COLLATE $c1 % $2)', '!');

/** Operators and functions over json, jsonb and arrays. */
export const JSON_SIGNATURES = readSignatures(
  [
    comparisons('jsonb', 'jsonb', '($1 COLLATE helios_jsonb % $2)', '!'),
    JSON_OPERATORS,
    JSONB,
    ARRAY_COMPARISONS,
    ARRAYS,
  ].join('\n'),
);
