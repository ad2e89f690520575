/**
 * SASLprep (RFC 4013): the form in which a password goes into SCRAM. As in PostgreSQL, a password that
 * SASLprep forbids is used as it stands.
 *
 * Not done: the check for code points that Unicode 3.2 did not have (RFC 3454 table A.1); such a
 * password is normalised where PostgreSQL would take it raw. Merchant keys are ASCII, where all of
 * this changes nothing.
 */

// RFC 3454 C.1.2: spaces that are not ASCII.
const SPACES = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/gu;
// B.1: commonly mapped to nothing. Joiners are meant one by one here, not as parts of clusters.
const NOTHING = new Set([
  0xad, 0x34f, 0x1806, 0x180b, 0x180c, 0x180d, 0x200b, 0x200c, 0x200d, 0x2060, 0xfeff,
]);
// C.2.1, C.2.2, C.3 to C.9: controls, private use, non-characters, surrogates, display properties, tags.
const PROHIBITED =
  /[\u0340-\u0341]|[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u06DD\u070F\u180E\u200E\u200F\u2028-\u202E\u2061-\u2063\u206A-\u206F\u2FF0-\u2FFB\uFFF9-\uFFFD\u{1D173}-\u{1D17A}\u{E0001}\u{E0020}-\u{E007F}]/u;
// D.1: letters written from right to left.
const RIGHT_TO_LEFT =
  /[\u05BE\u05C0\u05C3\u05D0-\u05F4\u061B-\u064A\u066D-\u06D5\u06E5\u06E6\u06FA-\u07B1\u200F\uFB1D-\uFDFC\uFE70-\uFEFC]/u;
const ASCII = /^[\x20-\x7E]*$/;

function mappedToNothing(codePoint: number): boolean {
  return NOTHING.has(codePoint) || (codePoint >= 0xfe00 && codePoint <= 0xfe0f);
}

/** The password as SCRAM hashes it. */
export function saslPrep(password: string): string {
  if (ASCII.test(password)) return password;
  let mapped = '';
  for (const character of password) {
    if (!mappedToNothing(character.codePointAt(0) ?? 0)) mapped += character;
  }
  const prepared = mapped.replace(SPACES, ' ').normalize('NFKC');
  if (prepared === '' || PROHIBITED.test(prepared) || mixesDirections(prepared)) return password;
  return prepared;
}

/** RFC 3454 section 6: right-to-left text has no left-to-right letters and is framed by its own. */
function mixesDirections(text: string): boolean {
  const characters = Array.from(text);
  const isRtl = (character: string | undefined): boolean => RIGHT_TO_LEFT.test(character ?? '');
  if (!characters.some(isRtl)) return false;
  if (!isRtl(characters[0]) || !isRtl(characters.at(-1))) return true;
  return characters.some((character) => /\p{L}/u.test(character) && !isRtl(character));
}
