/**
 * The layout of the data file as one number, for bundles and for the way back to an older version. It grows whenever
 * the engine's tables or the catalog's format do; a version opens files of its own layout and of every older
 * one.
 */
import { ENGINE_LAYOUT } from '../engine/migrations.ts';
import { CATALOG_FORMAT } from '../sql/catalog/stored-catalog.ts';

/** What this version writes. Both parts only ever grow, so that their sum is ordered as they are. */
export const DATA_LAYOUT = ENGINE_LAYOUT + Number(CATALOG_FORMAT);
