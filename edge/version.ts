/**
 * What this build is. The build script writes the constants in; a checkout says `checkout`.
 */
declare const HELIOS_COMMIT: string | undefined;
declare const HELIOS_LIBPG_QUERY: string | undefined;

export const VERSION = '0.1.0';
export const COMMIT = typeof HELIOS_COMMIT === 'string' ? HELIOS_COMMIT : 'checkout';
/** Version of the package that compiled PostgreSQL's grammar. */
export const LIBPG_QUERY = typeof HELIOS_LIBPG_QUERY === 'string' ? HELIOS_LIBPG_QUERY : 'checkout';
