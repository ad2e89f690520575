/**
 * CSV as RFC 4180 has it: lines end with CRLF, a field is quoted where it must be, a quote inside is doubled.
 * NULL is an empty field and an empty text is `""`, as in PostgreSQL's COPY.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
import * as fs from 'node:fs';
import { writeWhole } from './copy.ts';

const BUFFER_CHARS = 256 * 1024;
const FILE_MODE = 0o600;

/** One record with its line end. */
export function csvLine(fields: readonly (string | null)[]): string {
  return `${fields.map(csvField).join(',')}\r\n`;
}

function csvField(field: string | null): string {
  if (field === null) return '';
  if (field !== '' && !/[",\r\n]/.test(field) && field.trim() === field) return field;
  return `"${field.replaceAll('"', '""')}"`;
}

/** A CSV file that is being written; on the disk when `end` returns. */
export class CsvFile {
  readonly #fd: number;
  #text = '';
  #position = 0;

  constructor(path: string, columns: readonly string[]) {
    this.#fd = fs.openSync(path, 'wx', FILE_MODE);
    this.add(columns);
  }

  add(fields: readonly (string | null)[]): void {
    this.#text += csvLine(fields);
    if (this.#text.length >= BUFFER_CHARS) this.#flush();
  }

  end(): void {
    this.#flush();
    fs.fsyncSync(this.#fd);
    fs.closeSync(this.#fd);
  }

  #flush(): void {
    const bytes = Buffer.from(this.#text);
    writeWhole(this.#fd, bytes, this.#position);
    this.#position += bytes.length;
    this.#text = '';
  }
}
