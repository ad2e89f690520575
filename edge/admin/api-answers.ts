/** How a route of the admin interface is described: its words, its answer, and the refusals that all have. */
import * as schema from './api-schemas.ts';

export interface RouteWords {
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
}

/** What a route may answer beside its success. */
export const REFUSALS = { '4xx': schema.failure, '5xx': schema.failure } as const;

/** The schema of a route that answers with JSON. */
export function answers(words: RouteWords, answer: schema.Schema, request: schema.Schema = {}) {
  const { operationId, summary, tag } = words;
  return { operationId, summary, tags: [tag], ...request, response: { 200: answer, ...REFUSALS } };
}
