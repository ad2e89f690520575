/**
 * Fields of a request to the control socket. A field of the wrong kind is refused by its name.
 */
import { OperationError } from './operations.ts';

export function optionalText(body: unknown, field: string): string | undefined {
  const value = (body as Readonly<Record<string, unknown>> | null)?.[field];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new OperationError(`${field} must be a text`);
  return value;
}

export function optionalNumber(body: unknown, field: string): number | null {
  const value = (body as Readonly<Record<string, unknown>> | null)?.[field];
  if (value === undefined || value === null) return null;
  if (!Number.isSafeInteger(value)) throw new OperationError(`${field} must be a whole number`);
  return Number(value);
}

export function requiredText(body: unknown, field: string): string {
  const value = optionalText(body, field);
  if (value === undefined || value === '') throw new OperationError(`${field} is missing`);
  return value;
}
