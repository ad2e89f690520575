/**
 * Text, bytea, uuid, and the functions about the session: what the analyser resolves against. Text is
 * compared bytewise (C.UTF-8) by SQLite itself. SQLite's LIKE ignores case and its upper() knows ASCII only,
 * so neither is used.
 */
import { comparisons, readSignatures } from './signature.ts';

const COMPARISONS = [
  comparisons('text', 'text', '($1 % $2)', '!'),
  comparisons('name', 'name', '($1 % $2)', '!'),
  comparisons('name', 'text', '($1 % $2)', '!'),
  comparisons('text', 'name', '($1 % $2)', '!'),
  comparisons('bpchar', 'bpchar', '($1 COLLATE RTRIM % $2)', '!'),
  comparisons('bytea', 'bytea', '($1 % $2)', '!'),
  comparisons('uuid', 'uuid', '($1 % $2)', '!'),
  'xid = xid => bool ! | ($1 = $2)',
  'xid <> xid => bool ! | ($1 <> $2)',
].join('\n');

const MATCHING = ['text', 'name', 'bpchar']
  .map(
    (type) => `
    ${type} ~~ text => bool | helios_like($1, $2)
    ${type} !~~ text => bool | (NOT helios_like($1, $2))
    ${type} ~~* text => bool | helios_ilike($1, $2)
    ${type} !~~* text => bool | (NOT helios_ilike($1, $2))
    ${type} ~ text => bool | helios_regex_match($1, $2)
    ${type} !~ text => bool | (NOT helios_regex_match($1, $2))
    ${type} ~* text => bool | helios_regex_imatch($1, $2)
    ${type} !~* text => bool | (NOT helios_regex_imatch($1, $2))`,
  )
  .join('\n');

const TEXT = `
  text || text => text ! | ($1 || $2)
  text || anynonarray => text stable | ($1 || $x2)
  anynonarray || text => text stable | ($x1 || $2)
  bytea || bytea => bytea ! | helios_bytea_cat($1, $2)
  text ^@ text => bool | helios_starts_with($1, $2)
  like_escape(text, text) => text | helios_like_escape($1, $2)
  similar_to_escape(text) => text | helios_similar_escape($1, '\\')
  similar_to_escape(text, text) => text nonstrict | helios_similar_escape($1, $2)
  length(text) => int4 ! | length($1)
  length(bpchar) => int4 ! | length(rtrim($1, ' '))
  length(bytea) => int4 ! | length($1)
  char_length(text) => int4 ! | length($1)
  char_length(bpchar) => int4 ! | length(rtrim($1, ' '))
  character_length(text) => int4 ! | length($1)
  character_length(bpchar) => int4 ! | length(rtrim($1, ' '))
  octet_length(text) => int4 ! | octet_length($1)
  octet_length(bpchar) => int4 ! | octet_length($1)
  octet_length(bytea) => int4 ! | length($1)
  bit_length(text) => int4 ! | (octet_length($1) * 8)
  bit_length(bytea) => int4 ! | (length($1) * 8)
  upper(text) => text ! | helios_upper($1)
  lower(text) => text ! | helios_lower($1)
  initcap(text) => text ! | helios_initcap($1)
  btrim(text) => text ! | trim($1, ' ')
  btrim(text, text) => text ! | helios_btrim($1, $2)
  ltrim(text) => text ! | ltrim($1, ' ')
  ltrim(text, text) => text ! | helios_ltrim($1, $2)
  rtrim(text) => text ! | rtrim($1, ' ')
  rtrim(text, text) => text ! | helios_rtrim($1, $2)
  substring(text, int4) => text | helios_substr($1, $2)
  substring(text, int4, int4) => text | helios_substr($1, $2, $3)
  substr(text, int4) => text | helios_substr($1, $2)
  substr(text, int4, int4) => text | helios_substr($1, $2, $3)
  substring(text, text) => text | helios_regex_substr($1, $2)
  substring(text, text, text) => text | helios_similar_substr($1, $2, $3)
  substring(bytea, int4) => bytea | helios_bytea_substr($1, $2)
  substring(bytea, int4, int4) => bytea | helios_bytea_substr($1, $2, $3)
  substr(bytea, int4) => bytea | helios_bytea_substr($1, $2)
  substr(bytea, int4, int4) => bytea | helios_bytea_substr($1, $2, $3)
  position(text, text) => int4 ! | helios_strpos($1, $2)
  strpos(text, text) => int4 ! | helios_strpos($1, $2)
  position(bytea, bytea) => int4 ! | helios_bytea_pos($1, $2)
  overlay(text, text, int4) => text | helios_overlay($1, $2, $3)
  overlay(text, text, int4, int4) => text | helios_overlay($1, $2, $3, $4)
  left(text, int4) => text ! | helios_left($1, $2)
  right(text, int4) => text ! | helios_right($1, $2)
  lpad(text, int4) => text | helios_lpad($1, $2, ' ')
  lpad(text, int4, text) => text | helios_lpad($1, $2, $3)
  rpad(text, int4) => text | helios_rpad($1, $2, ' ')
  rpad(text, int4, text) => text | helios_rpad($1, $2, $3)
  repeat(text, int4) => text | helios_repeat($1, $2)
  replace(text, text, text) => text | helios_replace($1, $2, $3)
  reverse(text) => text ! | helios_reverse($1)
  split_part(text, text, int4) => text | helios_split_part($1, $2, $3)
  concat(variadic any) => text stable nonstrict | helios_concat($o*)
  concat_ws(text, variadic any) => text stable nonstrict | helios_concat_ws($o*)
  format(text) => text stable nonstrict | helios_format($1)
  format(text, variadic any) => text stable nonstrict | helios_format($o*)
  quote_ident(text) => text ! | helios_quote_ident($1)
  quote_literal(text) => text ! | helios_quote_literal($1)
  quote_literal(anyelement) => text stable | helios_quote_literal($x1)
  quote_nullable(text) => text ! nonstrict | helios_quote_nullable($1)
  quote_nullable(anyelement) => text stable nonstrict | helios_quote_nullable($x1)
  md5(text) => text ! | helios_md5($1)
  md5(bytea) => text ! | helios_md5($1)
  sha224(bytea) => bytea ! | helios_sha('sha224', $1)
  sha256(bytea) => bytea ! | helios_sha('sha256', $1)
  sha384(bytea) => bytea ! | helios_sha('sha384', $1)
  sha512(bytea) => bytea ! | helios_sha('sha512', $1)
  encode(bytea, text) => text | helios_encode($1, $2)
  decode(text, text) => bytea | helios_decode($1, $2)
  convert_to(text, name) => bytea | helios_convert_to($1, $2)
  convert_from(bytea, name) => text | helios_convert_from($1, $2)
  get_byte(bytea, int4) => int4 | helios_get_byte($1, $2)
  ascii(text) => int4 ! | helios_ascii($1)
  chr(int4) => text | helios_chr($1)
  to_hex(int4) => text ! | helios_to_hex($1, 32)
  to_hex(int8) => text ! | helios_to_hex($1, 64)
  translate(text, text, text) => text ! | helios_translate($1, $2, $3)
  starts_with(text, text) => bool ! | helios_starts_with($1, $2)
  regexp_replace(text, text, text) => text | helios_regex_replace($1, $2, $3, '')
  regexp_replace(text, text, text, text) => text | helios_regex_replace($1, $2, $3, $4)
  regexp_match(text, text) => _text | helios_regex_captures($1, $2, '')
  regexp_match(text, text, text) => _text | helios_regex_captures($1, $2, $3)
  regexp_split_to_array(text, text) => _text | helios_regex_split($1, $2, '')
  regexp_split_to_array(text, text, text) => _text | helios_regex_split($1, $2, $3)
  regexp_like(text, text) => bool | helios_regex_match($1, $2)
  regexp_like(text, text, text) => bool | helios_regex_like($1, $2, $3)
  regexp_count(text, text) => int4 | helios_regex_count($1, $2)
  to_char(numeric, text) => text | helios_num_to_char($1, $2)
  to_char(int4, text) => text | helios_int_to_char($1, $2)
  to_char(int8, text) => text | helios_int_to_char($1, $2)
  to_char(float8, text) => text | helios_float_to_char($1, $2)
  to_number(text, text) => numeric | helios_to_number($1, $2)
`;

const SESSION = `
  gen_random_uuid() => uuid volatile | helios_gen_random_uuid()
  version() => text stable | helios_version()
  current_user() => name stable | helios_user()
  session_user() => name stable | helios_user()
  current_database() => name stable | helios_database()
  current_catalog() => name stable | helios_database()
  current_schema() => name stable | helios_current_schema()
  current_schemas(bool) => _name stable | helios_current_schemas($1)
  current_setting(text) => text stable | helios_current_setting($1, 0)
  current_setting(text, bool) => text stable | helios_current_setting($1, $2)
  pg_backend_pid() => int4 stable | helios_backend_pid()
  pg_client_encoding() => name stable | helios_constant('UTF8')
  pg_advisory_unlock_all() => void volatile | ''
  pg_encoding_to_char(int4) => name stable ! | helios_encoding_name($1)
  pg_get_statisticsobjdef_columns(oid) => text stable ! | NULL
  pg_get_triggerdef(oid) => text stable ! | NULL
  pg_get_triggerdef(oid, bool) => text stable ! | NULL
  pg_partition_ancestors(regclass) => regclass stable retset ! | '[]'
  pg_is_in_recovery() => bool volatile | 0
  pg_sleep(float8) => void volatile | helios_pg_sleep($1)
  pg_column_size(any) => int4 stable | helios_column_size($1)
  num_nulls(variadic any) => int4 nonstrict | helios_num_nulls($*)
  num_nonnulls(variadic any) => int4 nonstrict | helios_num_nonnulls($*)
  format_type(oid, int4) => text stable nonstrict | helios_format_type($1, $2)
  inet_server_addr() => text stable | NULL
  pg_postmaster_start_time() => timestamptz stable | helios_clock_timestamp()
`;

/** Operators and functions over text, bytea and uuid, and the session's own. */
export const TEXT_SIGNATURES = readSignatures([COMPARISONS, MATCHING, TEXT, SESSION].join('\n'));
