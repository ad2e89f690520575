/**
 * What this build is. The build script replaces the commit; a checkout says `checkout`.
 */
declare const HELIOS_COMMIT: string | undefined;

export const VERSION = '0.1.0';
export const COMMIT = typeof HELIOS_COMMIT === 'string' ? HELIOS_COMMIT : 'checkout';
